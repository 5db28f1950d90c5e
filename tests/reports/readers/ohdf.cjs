// Prints each control's status as MITRE's Heimdall would show it.
const { readFileSync } = require("node:fs");
const { contextualizeEvaluation, convertFile } = require("inspecjs");

const file = convertFile(readFileSync(process.argv[2], "utf8"));
const evaluation = contextualizeEvaluation(file["1_0_ExecJson"]);
const controls = evaluation.contains.flatMap((profile) => profile.contains);
console.log(JSON.stringify(Object.fromEntries(
  controls.map((control) => [control.data.id, [control.hdf.status, control.hdf.severity, control.hdf.waived]]),
)));
