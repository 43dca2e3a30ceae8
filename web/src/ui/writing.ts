import { match, type Tag } from "../i18n";
import { client } from "./client";
import { language } from "./say";
import { tongueOf } from "./timeline/tongue";

/** In which language somebody writes: as they wrote last, else as they read. */
export const writing = (): Tag => match([client.settings.peek().writing ?? language.peek()]) ?? language.peek();

/** In which language a text most likely is that they have written. */
export const writtenIn = (text: string): string => tongueOf(text, writing(), [language.peek()]);
