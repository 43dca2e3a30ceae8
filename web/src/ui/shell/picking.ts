import { signal } from "@preact/signals";

/** Whether somebody is pointing at words that read wrong. The screen stays as it is, and a touch takes its words. */
export const picking = signal(false);
