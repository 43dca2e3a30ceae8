import type { MediaUri } from "../../state";
import { Avatar } from "../kit/Avatar";
import { loadsByItself } from "./auto";
import { useFetched, useUrl } from "./fetched";

interface Props {
	name: string;
	picture: MediaUri | undefined;
	size?: number;
}

/** A person's picture, where they have one and it is here or costs nothing; else the first letters of the name. */
export function Portrait({ name, picture, size }: Props) {
	const { blob } = useFetched(picture, "face", loadsByItself());
	const url = useUrl(blob);
	return <Avatar name={name} {...(size !== undefined && { size })} {...(url !== undefined && { src: url })} />;
}
