const browsers: [RegExp, string][] = [
	[/Edg\//, "Edge"],
	[/OPR\//, "Opera"],
	[/SamsungBrowser\//, "Samsung"],
	[/Firefox\//, "Firefox"],
	[/Chrome\//, "Chrome"],
	[/Safari\//, "Safari"],
];

const systems: [RegExp, string][] = [
	[/Android/, "Android"],
	[/iPhone|iPad/, "iOS"],
	[/Windows/, "Windows"],
	[/Mac OS/, "macOS"],
	[/CrOS/, "ChromeOS"],
	[/Linux/, "Linux"],
];

/** By what a person will know this device again in the list of their devices. Proper names, the same in every language. */
export function deviceName(agent = navigator.userAgent): string {
	const find = (table: [RegExp, string][]) => table.find(([pattern]) => pattern.test(agent))?.[1];
	return [find(browsers), find(systems)].filter((part) => part !== undefined).join(", ");
}
