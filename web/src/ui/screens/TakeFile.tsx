import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { handOver } from "../media/save";
import type { Proof } from "../signin/Prove";
import { useForm } from "./form";

interface Props {
	/** Fetches the file. */
	file: () => Promise<Blob>;
	/** What it is called where the browser puts it. */
	name: string;
	/** Where the hub asks first who it is. */
	proof?: Proof;
	children: string;
}

/** Takes a file of the hub's away. A link would not do: the hub answers no address bar, and could not say what went wrong. */
export function TakeFile({ file, name, proof, children }: Props) {
	const form = useForm();
	const take = async () => handOver(await (proof ? proof.ask(file) : file()), name);
	return (
		<>
			<Button wide icon="save" busy={form.busy} onPress={() => void form.submit(proof ? proof.unlessPutAway(take) : take)}>
				{children}
			</Button>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
		</>
	);
}
