import { t } from "../../i18n";

const near = "XN";

/** Where a device was used, as coarsely as the hub knows it: a country, its own network, or nothing. */
export function placeName(country: string): string | undefined {
	switch (country) {
		case "":
			return undefined;
		case near:
			return t("signin.near");
		case "AF":
			return t("country.af");
		case "PK":
			return t("country.pk");
		case "TJ":
			return t("country.tj");
		case "TM":
			return t("country.tm");
		case "UZ":
			return t("country.uz");
		default:
			return t("signin.abroad", { Code: country });
	}
}
