import { t } from "../../i18n";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Icon, type IconName } from "../kit/Icon";
import { Face, Outline } from "../kit/List";
import { countries, countryName } from "../names";
import { number } from "../say";
import { link, type Route } from "../shell/router";
import { asOf, useLoading, usePeople } from "./load";
import { OrganisationRow } from "./PeopleList";
import { Again } from "./PickPeople";
import "./People.css";

interface Tile {
	to: Route;
	icon: IconName;
	name: string;
	count?: number;
	/** Somebody waits for a decision. */
	waits?: boolean;
}

/** Looking after the network: what waits, in one calm screen, and the ways to the rest. */
export default function Network() {
	usePeople();
	const { failed, again } = useLoading(() => client.circle.loadWaiting());
	if (!client.may("see_overview")) return <Face icon="lock" text={t("error.role_may_not")} />;
	const waiting = client.waiting.value;
	if (!waiting) return failed === undefined ? <Outline rows={4} label={t("act.loading")} /> : <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />;
	const proposed = (client.organisations.value ?? []).filter((one) => one.standing === "proposed");
	const tiles: Tile[] = [
		{ to: { at: "reports" }, icon: "report", name: t("reports.title"), count: waiting.reports, waits: waiting.reports > 0 },
		{ to: { at: "corrections" }, icon: "language", name: t("overview.corrections"), count: waiting.corrections },
		{ to: { at: "invitations" }, icon: "link", name: t("invitations.title"), count: waiting.invitations },
		{ to: { at: "homeless" }, icon: "people", name: t("overview.homeless"), count: waiting.homeless, waits: waiting.homeless > 0 },
		{ to: { at: "audit" }, icon: "audit", name: t("audit.title") },
		{ to: { at: "new-organisation" }, icon: "plus", name: t("people.new_organisation") },
	];
	const offline = asOf();
	return (
		<div class="column stack">
			{offline !== undefined && <p class="soft">{offline}</p>}
			{failed !== undefined && offline === undefined && <Banner tone="danger">{failed}</Banner>}
			<section class="stack-tight">
				<h2 class="group-title">
					{t("overview.waiting_organisations")}
					{proposed.length > 0 && <span class="badge">{number(proposed.length)}</span>}
				</h2>
				{proposed.length === 0 ? (
					<p class="soft">{t("overview.nothing_waits")}</p>
				) : (
					<ul>
						{proposed.map((one) => (
							<li key={one.id}>
								<OrganisationRow organisation={one} />
							</li>
						))}
					</ul>
				)}
			</section>
			<nav class="tiles" aria-label={t("overview.title")}>
				{tiles.map(({ to, icon, name, count, waits }) => (
					<a key={to.at} class={waits ? "tile waits" : "tile"} href={link(to)}>
						<Icon name={icon} />
						{count !== undefined && <span class="count">{number(count)}</span>}
						<span>{name}</span>
					</a>
				))}
			</nav>
			<section class="stack-tight">
				<h2 class="group-title">{t("overview.by_country")}</h2>
				<dl class="figures">
					{countries.map((country) => (
						<div key={country}>
							<dt>{countryName(country)}</dt>
							<dd>{number(waiting.countries[country] ?? 0)}</dd>
						</div>
					))}
				</dl>
			</section>
		</div>
	);
}
