import { nothing, request } from "../wire/http";

/**
 * Hangs on an alert what its free text is in another language. The same again changes nothing. `confirmed` are kinds of findings in the words that
 * were asked about and stay.
 */
export const sendTranslation = (event: string, language: string, words: string, confirmed: readonly string[] = []): Promise<void> =>
	request("POST", "/_panah/v1/alerts/translations", nothing, { body: { event_id: event, language, text: words, ...(confirmed.length > 0 && { confirmed }) } });
