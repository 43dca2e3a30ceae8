import { seeScreens } from "./harness/screens";
import { languages, rightToLeft } from "./harness/words";

seeScreens(languages.filter((language) => rightToLeft.has(language)));
