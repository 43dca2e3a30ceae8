import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Fault, type Offer } from "../../state";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Field } from "../kit/Field";
import { Outline } from "../kit/List";
import { countryName, kindName, roleName } from "../names";
import { dot, language, trouble } from "../say";
import { forgetInvitation, go, invitationToken } from "../shell/router";
import { deviceName } from "./device";
import { useForm } from "./form";
import { offerOf } from "./offer";
import { Passphrase } from "./Passphrase";

type State = { kind: "checking" } | { kind: "good"; offer: Offer } | { kind: "bad"; why: string; passing: boolean };

/** Signing up with an invitation: who invites to what, then a name, a user name and a passphrase. */
export default function Invited() {
	const token = invitationToken() ?? "";
	const [state, setState] = useState<State>({ kind: "checking" });
	const [tries, setTries] = useState(0);
	useEffect(() => {
		setState({ kind: "checking" });
		offerOf(token).then(
			(offer) => setState({ kind: "good", offer }),
			(error: unknown) => setState({ kind: "bad", why: trouble(error), passing: error instanceof Fault && error.passing }),
		);
	}, [token, tries]);
	if (state.kind === "checking") return <Outline rows={3} label={t("act.loading")} />;
	if (state.kind === "bad") return <Refused why={state.why} passing={state.passing} again={() => setTries(tries + 1)} />;
	return (
		<>
			<Welcome offer={state.offer} />
			<SignUp token={token} />
		</>
	);
}

/** What may pass is tried again; an invitation that is used up is not, and the way on is another. */
function Refused({ why, passing, again }: { why: string; passing: boolean; again: () => void }) {
	const toSignIn = () => {
		forgetInvitation();
		go({ at: "sign-in" }, "replace");
	};
	return (
		<>
			<h1>{passing ? t("invited.title") : t("invited.refused")}</h1>
			<Banner tone="danger">{why}</Banner>
			<div class="stack-tight">
				{passing && (
					<Button kind="main" wide icon="refresh" onPress={again}>
						{t("act.try_again")}
					</Button>
				)}
				<Button kind={passing ? "second" : "main"} wide onPress={toSignIn}>
					{t("invited.have_account")}
				</Button>
			</div>
		</>
	);
}

function Welcome({ offer }: { offer: Offer }) {
	const organisation = offer.organisation;
	return (
		<>
			<h1>{t("invited.title")}</h1>
			<p>{t("invited.what")}</p>
			<Card icon={organisation ? "building" : "shield"} title={organisation ? <bdi>{organisation.name}</bdi> : t("space.network")}>
				{organisation && (
					<p class="soft">
						{kindName(organisation.kind)}{dot()}{countryName(organisation.country)}
					</p>
				)}
				<p>
					{offer.invitedBy === ""
						? t("invited.by_hub", { Role: roleName(offer.role) })
						: t("invited.by", { Name: offer.invitedBy, Role: roleName(offer.role) })}
				</p>
			</Card>
		</>
	);
}

const fieldOfError = {
	"error.user_in_use": "user",
	"error.bad_user_name": "user",
	"error.bad_name": "name",
	"error.weak_passphrase": "passphrase",
	"error.long_passphrase": "passphrase",
} as const;

const shortest = 10;
const longest = 256;
const userName = /^[a-z0-9][a-z0-9._-]{1,63}$/;

function SignUp({ token }: { token: string }) {
	const [name, setName] = useState("");
	const [user, setUser] = useState("");
	const [passphrase, setPassphrase] = useState("");
	const form = useForm<"name" | "user" | "passphrase">(fieldOfError);
	const check = () => ({
		...(name.trim() === "" && { name: t("invited.name_missing") }),
		...(!userName.test(user) && { user: t("error.bad_user_name") }),
		...([...passphrase].length < shortest && { passphrase: t("error.weak_passphrase", { Limit: shortest }) }),
		...([...passphrase].length > longest && { passphrase: t("error.long_passphrase", { Limit: longest }) }),
	});
	const edit = (field: "name" | "user" | "passphrase", set: (value: string) => void) => (value: string) => {
		form.changed(field);
		set(value);
	};
	const signUp = async () => {
		await client.door.signUp({ token, user, name: name.trim(), passphrase, language: language.value, deviceName: deviceName() });
		forgetInvitation();
		go({ at: "now" }, "replace");
	};
	return (
		<form
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(signUp, check);
			}}
		>
			<Field
				label={t("invited.name")}
				hint={t("invited.name_hint")}
				value={name}
				onValue={edit("name", setName)}
				name="name"
				autocomplete="nickname"
				maxLength={80}
				required
				wrong={form.wrong.name}
			/>
			<Field
				label={t("sign_in.user")}
				hint={t("invited.user_hint")}
				value={user}
				onValue={edit("user", (value) => setUser(value.toLowerCase().replace(/\s/g, "")))}
				dir="ltr"
				name="username"
				autocomplete="username"
				maxLength={64}
				required
				wrong={form.wrong.user}
			/>
			<Passphrase
				value={passphrase}
				onValue={edit("passphrase", setPassphrase)}
				wrong={form.wrong.passphrase}
				autocomplete="new-password"
				open
				hint={t("invited.passphrase_hint")}
			/>
			<Propose passphrase={passphrase} onPropose={edit("passphrase", setPassphrase)} />
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide submit busy={form.busy}>
				{t("invited.act")}
			</Button>
		</form>
	);
}

/** Offers a good passphrase in the language on screen. The words come when they are asked for. */
function Propose({ passphrase, onPropose }: { passphrase: string; onPropose: (passphrase: string) => void }) {
	const [busy, setBusy] = useState(false);
	const [proposed, setProposed] = useState({ words: "", tag: "" });
	const propose = async () => {
		setBusy(true);
		try {
			const { propose } = await import("../words/passphrase");
			const tag = language.value;
			const words = await propose(tag);
			setProposed({ words, tag });
			onPropose(words);
		} finally {
			setBusy(false);
		}
	};
	return (
		<>
			<Button wide icon="refresh" busy={busy} onPress={() => void propose()}>
				{t("invited.propose")}
			</Button>
			{proposed.words !== "" && proposed.words === passphrase && (
				<Banner icon="lock">
					<p>{t("invited.proposed")}</p>
					<p class="passphrase" lang={proposed.tag} dir="auto">
						{proposed.words}
					</p>
				</Banner>
			)}
		</>
	);
}
