import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Takes files that are dropped anywhere on the pane in which one writes. */
export function useDrop(inside: RefObject<HTMLElement>, onFiles: (files: readonly File[]) => void): void {
	const take = useRef(onFiles);
	take.current = onFiles;
	useEffect(() => {
		const pane = inside.current?.closest<HTMLElement>("[data-pane]");
		if (!pane) return;
		const over = (event: DragEvent) => carriesFiles(event) && event.preventDefault();
		const drop = (event: DragEvent) => {
			if (!carriesFiles(event)) return;
			event.preventDefault();
			take.current([...(event.dataTransfer?.files ?? [])]);
		};
		pane.addEventListener("dragover", over);
		pane.addEventListener("drop", drop);
		return () => {
			pane.removeEventListener("dragover", over);
			pane.removeEventListener("drop", drop);
		};
	}, []);
}

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
