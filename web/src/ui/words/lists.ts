/** The languages that have a list of words, one file each, loaded when a passphrase is asked for in that language. */
export type Tag = "en" | "fa-AF" | "ps" | "tg" | "uz" | "tk" | "ur" | "ru";
