// A verdict, and what was said with it.

const wordOf = (word, text = null) => el(`span.word.${word.word}`, {}, `${word.symbol} ${text ?? word.label}`)

const severityOf = (control) => el(`span.severity.${control.severity}`, {}, control.severity)

const definitions = (...pairs) =>
  el(
    "dl",
    {},
    pairs
      .filter(([, told]) => told && told.length !== 0)
      .map(([term, ...told]) => [el("dt", {}, term), el("dd", {}, told)]),
  )

// A command that people copy into a shell: nothing but a uuid may enter it.
const command = (text, subject) =>
  /^[0-9A-Fa-f-]{1,40}$/.test(subject?.uuid ?? "") ? text.replaceAll("{uuid}", subject.uuid) : text

const fixes = (control, subject) => {
  const repair = control.ways ?? []
  const system = subject?.windows === true ? "Windows" : subject?.windows === false ? "Linux" : ""
  const fitting = repair.filter(([of]) => !of || !system || of === system)
  return (fitting.length ? fitting : repair).map(([of, text]) =>
    el("p", {}, of ? el("b", {}, `${of}: `) : null, command(text, subject)),
  )
}

const waiverText = (waiver) =>
  `${waiver.source}: ${waiver.reason} (${waiver.approved_by ? `approved by ${waiver.approved_by}, ` : ""}${waiver.expires ? `until ${clock(waiver.expires)}` : "until it is mended"}; ${waiver.state})`

// What was known of it before it became unknown.
const lastKnown = (subject, control) => {
  const found = data.history?.last_known.find(
    ([id, address]) => id === control.id && address?.[0] === subject.of.kind && address[1] === subject.number,
  )
  return found ? [wordOf(data.words.get(found[2])), `, in the run of ${clock(found[3])}`] : null
}

const saidOf = (subject, control, { reason, evidence, waiver }) =>
  definitions(
    ["Reason", reason],
    ["Last known", lastKnown(subject, control)],
    [
      "What was read",
      evidence.length
        ? el(
            "table.evidence",
            {},
            el("caption.unseen", {}, `Evidence of ${control.id}`),
            el(
              "tbody",
              {},
              evidence.map(([field, value]) =>
                el("tr", {}, el("th", { scope: "row" }, field), el("td", {}, el("code", {}, value))),
              ),
            ),
          )
        : null,
    ],
    ["Waiver", waiver ? waiverText(waiver) : null],
    ["Why", control.why],
    ["Repair", fixes(control, subject)],
    ["Verify", control.verify ? el("code", {}, command(control.verify, subject)) : null],
    ["Control", link(route(["control", control.id]), `${control.id}, ${control.title ?? ""}`)],
  )

const verdictItem = (subject, control, position, all, open) => {
  const word = subject.words[position]
  const reason = subject.reasons.get(position)
  return el(
    "li",
    { id: `verdict-${control.id}` },
    unfolding(
      [
        wordOf(word),
        " ",
        el("b", {}, control.id),
        " ",
        severityOf(control),
        " ",
        el("span", {}, control.title ?? ""),
        reason ? el("span.reason", {}, reason) : null,
      ],
      () => (all.get(control) ?? []).map((said) => saidOf(subject, control, said)),
      open,
    ),
  )
}
