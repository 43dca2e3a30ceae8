import { expect, test } from "vitest";
import { mayRing, type Quiet } from "./quiet";

const night: Quiet = { from: "22:00", until: "06:30", zone: "Asia/Kabul" }; // four and a half hours before UTC
const noon: Quiet = { from: "12:00", until: "14:00", zone: "Asia/Dushanbe" };
const future = { urgency: "Future", status: "Actual" } as const;
const at = (time: string) => Date.parse(`2026-11-26T${time}Z`);

test.each([
	[night, "17:29:59", true],
	[night, "17:30:00", false],
	[night, "19:30:00", false], // midnight in Kabul
	[night, "01:59:59", false],
	[night, "02:00:00", true],
	[noon, "06:59:00", true],
	[noon, "07:00:00", false],
	[noon, "09:00:00", true],
	[null, "19:30:00", true],
])("%o: what can wait rings at %s: %s", (quiet, time, rings) => expect(mayRing(future, quiet, at(time))).toBe(rings));

test("what needs people at once rings in quiet hours too, and a test of it does not", () => {
	expect(mayRing({ urgency: "Immediate", status: "Actual" }, night, at("19:30:00"))).toBe(true);
	expect(mayRing({ urgency: "Immediate", status: "Exercise" }, night, at("19:30:00"))).toBe(true);
	expect(mayRing({ urgency: "Immediate", status: "Test" }, night, at("19:30:00"))).toBe(false);
});

test("a zone that the browser does not know is that of the device", () => {
	const unknown = { ...night, zone: "Asia/Nowhere" };
	const here = { ...night, zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
	for (let hour = 0; hour < 24; hour++) {
		const time = at(`${String(hour).padStart(2, "0")}:15:00`);
		expect(mayRing(future, unknown, time)).toBe(mayRing(future, here, time));
	}
});
