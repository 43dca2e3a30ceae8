import { t } from "../../i18n";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { openNewVersion, versionReady } from "./worker";

/** Says calmly that a newer version is there. It opens when the person wants it to, or at the next start. */
export function NewVersion() {
	if (!versionReady.value) return null;
	return (
		<p class="notice" role="status">
			<Icon name="info" size={18} />
			<span>{t("update.ready")}</span>
			<Button kind="quiet" onPress={openNewVersion}>
				{t("update.open")}
			</Button>
		</p>
	);
}
