import { generate } from "otplib";

/** What a code app shows for a secret at a moment, by a library that shares nothing with the hub. */
export const code = (secret: string, at = Date.now()): Promise<string> => generate({ secret: secret.trim(), epoch: Math.floor(at / 1000) });
