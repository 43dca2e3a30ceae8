/** Whether the browser has a database of this name. Where it does not tell, opening one is the only way to know. */
export async function hasDatabase(name: string): Promise<boolean> {
	if (typeof indexedDB === "undefined") return false;
	const all = await indexedDB.databases?.();
	return all === undefined || all.some((one) => one.name === name);
}

/** Takes a database away. One that another page still has open goes when that page does. */
export function removeDatabase(name: string): Promise<void> {
	if (typeof indexedDB === "undefined") return Promise.resolve();
	return new Promise((done) => {
		const request = indexedDB.deleteDatabase(name);
		request.onsuccess = request.onerror = request.onblocked = () => done();
	});
}
