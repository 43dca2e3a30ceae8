import { Sealing } from "../../state/places/sealing";
import { client } from "../client";

/** Notes that only the devices of both sides of a request can read. */
export const sealing = client.part(({ here, keeping }) => new Sealing(here, keeping));
