import { Raising } from "../../state/client/raising";
import { client } from "../client";

/** Writing alerts and sending them. */
export const raise = client.part(({ here, sending, talk }) => new Raising(here, sending, talk));
