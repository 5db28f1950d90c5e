// Prints what the CTRF reference implementation says of a document.
import { readFileSync } from "node:fs";
import { validateStrict } from "ctrf";

validateStrict(JSON.parse(readFileSync(process.argv[2], "utf8")));
console.log("valid");
