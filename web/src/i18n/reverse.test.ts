import { describe, expect, it } from "vitest";
import { idsOf } from "./reverse";

const catalog = {
	"act.close": "بستن",
	"now.invited_by": "{{.Name}} شما را دعوت می‌کند",
	"talk.unread": { one: "{{.Count}} تازه", other: "{{.Count}} تازه" },
	"timeline.announce": "{{.Name}}: {{.Text}}",
	"post.close": "بستن",
};

describe("idsOf", () => {
	it("finds a sentence by its words", () => {
		expect(idsOf(catalog, " بستن ")).toEqual(["act.close", "post.close"]);
	});
	it("finds it with values in it, isolated or not", () => {
		expect(idsOf(catalog, "\u2068فریده\u2069 شما را دعوت می‌کند")).toEqual(["now.invited_by"]);
		expect(idsOf(catalog, "۳ تازه")).toEqual(["talk.unread"]);
	});
	it("finds nothing in somebody’s own words", () => {
		expect(idsOf(catalog, "سلام: امشب دو جا داریم")).toEqual([]);
		expect(idsOf(catalog, "(.*)")).toEqual([]);
	});
});
