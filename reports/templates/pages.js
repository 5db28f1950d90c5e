// One object, one control, and what somebody has to look at across them.

const wordOf = (word, text = null) => el(`span.word.${word.word}`, {}, `${word.symbol} ${text ?? word.label}`)

const severityOf = (control) => el(`span.severity.${control.severity}`, {}, control.severity)

const definitions = (...pairs) =>
  el("dl", {}, pairs.filter(([, told]) => told && told.length !== 0).map(([term, ...told]) => [el("dt", {}, term), el("dd", {}, told)]))

// A command that people copy into a shell: nothing but a uuid may enter it.
const command = (text, subject) =>
  /^[0-9A-Fa-f-]{1,40}$/.test(subject?.uuid ?? "") ? text.replaceAll("{uuid}", subject.uuid) : text

const fixes = (control, subject) => {
  const repair = control.ways ?? []
  const system = subject?.windows === true ? "Windows" : subject?.windows === false ? "Linux" : ""
  const fitting = repair.filter(([of]) => !of || !system || of === system)
  return (fitting.length ? fitting : repair).map(([of, text]) => el("p", {}, of ? el("b", {}, `${of}: `) : null, command(text, subject)))
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
    ["What was read", evidence.length
      ? el("table.evidence", {}, el("caption.unseen", {}, `Evidence of ${control.id}`), el("tbody", {}, evidence.map(([field, value]) =>
          el("tr", {}, el("th", { scope: "row" }, field), el("td", {}, el("code", {}, value))))))
      : null],
    ["Waiver", waiver ? waiverText(waiver) : null],
    ["Why", control.why],
    ["Repair", fixes(control, subject)],
    ["Verify", control.verify ? el("code", {}, command(control.verify, subject)) : null],
    ["Control", link(route(["control", control.id]), `${control.id}, ${control.title ?? ""}`)],
  )

const verdictItem = (subject, control, position, all, open) => {
  const word = subject.words[position]
  const reason = subject.reasons.get(position)
  return el("li", { id: `verdict-${control.id}` },
    unfolding(
      [wordOf(word), " ", el("b", {}, control.id), " ", severityOf(control), " ", el("span", {}, control.title ?? ""),
        reason ? el("span.reason", {}, reason) : null],
      () => (all.get(control) ?? []).map((said) => saidOf(subject, control, said)),
      open,
    ))
}

const GROUPS = [
  ["Findings", FINDINGS, true],
  ["Could not be judged", ["unknown"], true],
  ["Waived", ["waived", "waiver_not_needed"], true],
  ["Passed", ["pass"], false],
  ["Not applicable", ["not_applicable"], false],
]

const subjectView = async (subject, query) => {
  const all = await details(subject)
  const wanted = query.get("control")
  const host = hostOf(subject)
  const guests = subject.of.kind === "host" ? data.subjects.filter((each) => each.of.kind === "vm" && each.host && each.host === subject.uuid) : []
  const groups = GROUPS.map(([title, words, unfolded]) => {
    const items = subject.of.controls
      .map((control, position) => ({ control, position }))
      .filter(({ position }) => words.includes(subject.words[position]?.word))
      .sort((a, b) => subject.words[a.position].rank - subject.words[b.position].rank || worst(a.control) - worst(b.control))
    if (!items.length) return null
    const make = () => el("ul.verdicts", {}, items.map(({ control, position }) =>
      verdictItem(subject, control, position, all, control.id === wanted || (unfolded && title === "Findings" && items.length <= 3))))
    const open = unfolded || items.some(({ control }) => control.id === wanted)
    return open ? el("section", {}, el("h3", {}, `${title}: ${count(items.length)}`), make())
      : unfolding(el("b", {}, `${title}: ${count(items.length)}`), make)
  })
  return [
    el("div.card", {},
      bar(subject.counts),
      definitions(
        ["Score", `${percent(subject.counts.score)} of ${plural(subject.counts.applicable, "applicable verdict")} pass: ${inWords(subject.counts)}`],
        ["uuid", el("code", {}, subject.uuid || "none")],
        ["Reference", subject.ref ? el("code", {}, subject.ref) : null],
        ["Pool", data.poolNames.get(subject.pool) ?? subject.pool],
        ["Host", host ? link(addressOf(host), host.name) : data.hosts[subject.host]],
        ["Power state", subject.state],
        ["Made from", subject.template],
        ["Tags", subject.tags.length ? subject.tags.map((tag, position) => [position ? ", " : "", link(route(["matrix", "vm"], { tag }), tag)]) : null],
      )),
    groups,
    guests.length ? el("section", {}, el("h3", {}, `VMs on this host: ${count(guests.length)}`),
      el("p", {}, link(route(["matrix", "vm"], { host: subject.uuid }), "Show them in the matrix")),
      list(guests, (guest) => [link(addressOf(guest), guest.name), guest.counts.findings ? el("span.fail", {}, ` ✗ ${plural(guest.counts.findings, "finding")}`) : ""], "ul.names")) : null,
  ]
}

const affected = (control, words) => {
  const kind = data.kinds.find((each) => each.controls.includes(control))
  const position = kind?.controls.indexOf(control)
  return (kind?.subjects ?? []).filter((subject) => words.includes(subject.words[position]?.word)).map((subject) => ({ subject, reason: subject.reasons.get(position), word: subject.words[position] }))
}

const controlView = (control) => {
  const kind = data.kinds.find((each) => each.controls.includes(control))
  const section = ([title, words]) => {
    const those = affected(control, words)
    if (!those.length || words[0] === "pass" || words[0] === "not_applicable") return null
    return el("section", {}, el("h3", {}, `${title}: ${count(those.length)}`),
      those.length > SHOWN ? el("p", {}, link(route(["matrix", kind.kind], { control: control.id, verdict: words.length > 1 && words === FINDINGS ? "finding" : words[0] }), "Show them in the matrix")) : null,
      list(those, ({ subject, reason, word }) => [wordOf(word), " ", link(addressOf(subject, { control: control.id }), subject.name), ": ", reason ?? ""]))
  }
  return [
    el("div.card", {}, bar(control.counts), definitions(
      ["Result", inWords(control.counts)],
      ["Severity", severityOf(control)],
      ["Stops", control.gates?.length ? control.gates.join(", ") : null],
      ["Why", control.why],
      ["Pass", control.passes],
      ["Fail", control.fails],
      ["Unknown", control.unknown],
      ["Not applicable", control.not_applicable],
      ["Repair", fixes(control, null)],
      ["Verify", control.verify ? el("code", {}, control.verify) : null],
      ["Fields that decide", control.fields?.length ? el("code", {}, control.fields.join(", ")) : null],
      ["Sources", control.sources],
    )),
    GROUPS.map(section),
  ]
}

const controlsTable = (controls) =>
  table("Controls and their verdicts", [
    { title: "Control", head: true, value: (each) => each.id, cell: (each) => link(route(["control", each.id]), each.id) },
    { title: "Severity", value: worst, cell: severityOf },
    { title: "What it asks", cell: (each) => each.title ?? "" },
    { title: "Verdicts", cell: (each) => bar(each.counts) },
    { title: "✗ fail", number: true, value: (each) => each.counts.findings, cell: (each) => count(each.counts.findings) },
    { title: "? unknown", number: true, value: (each) => each.counts.of("unknown"), cell: (each) => count(each.counts.of("unknown")) },
    { title: "✓ pass", number: true, value: (each) => each.counts.of(...PASSED), cell: (each) => count(each.counts.of(...PASSED)) },
    { title: "Score", number: true, value: (each) => each.counts.score ?? 2, cell: (each) => percent(each.counts.score) },
  ], [...controls].sort((a, b) => b.counts.findings * WEIGHTS[b.severity] - a.counts.findings * WEIGHTS[a.severity]))

const controlsView = () => [
  el("p.lead", {}, `${plural(data.controls.length, "control")}, those whose findings weigh most first.`),
  controlsTable(data.controls),
]

const STATES = {
  used: "in use", not_needed: "not needed: all that it covers passes", unused: "covers nothing that was judged",
  expired: "expired: does not count", reopened: "reopened: the facts have changed",
}

const waiversView = () => {
  const waived = data.subjects.flatMap((subject) =>
    [...subject.reasons].filter(([position]) => ["waived", "waiver_not_needed"].includes(subject.words[position].word))
      .map(([position, reason]) => ({ subject, control: subject.of.controls[position], word: subject.words[position], reason })))
  return [
    el("p.lead", {}, "Findings that somebody has accepted for a while. A waived finding is no pass."),
    data.waivers.length ? table("Waivers and what became of them", [
      { title: "Waiver", head: true, cell: (each) => each.source },
      { title: "Control", value: (each) => each.control, cell: (each) => link(route(["control", each.control]), each.control) },
      { title: "For", cell: (each) => each.subject },
      { title: "State", value: (each) => each.state, cell: (each) => STATES[each.state] },
      { title: "Covers", number: true, value: (each) => each.covers, cell: (each) => count(each.covers) },
      { title: "Until", value: (each) => each.expires, cell: (each) => clock(each.expires) },
      { title: "Approved by", cell: (each) => each.approved_by },
      { title: "Reason", cell: (each) => each.reason },
    ], data.waivers) : el("p", {}, "There are no waivers."),
    waived.length ? el("section", {}, el("h3", {}, `What they cover: ${count(waived.length)}`),
      list(waived, ({ subject, control, word, reason }) => [wordOf(word), " ", link(addressOf(subject, { control: control.id }), subject.name), ` ${control.id}: ${reason}`])) : null,
  ]
}

const unknownsView = () => {
  const causes = new Map()
  for (const subject of data.subjects) {
    for (const [position, reason] of subject.reasons) {
      if (subject.words[position].word !== "unknown") continue
      if (!causes.has(reason)) causes.set(reason, { reason, times: 0, subjects: new Set(), controls: new Set() })
      const cause = causes.get(reason)
      cause.times++
      cause.subjects.add(subject)
      cause.controls.add(subject.of.controls[position])
    }
  }
  const listed = [...causes.values()].sort((a, b) => b.times - a.times)
  return [
    el("p.lead", {}, "What has meaning but could not be judged, by its cause. Unknown is no pass: a gate counts it as a failure."),
    listed.length ? list(listed, (cause) => el("article.repair", {},
      el("h3", {}, cause.reason),
      el("p.facts", {}, el("b", {}, plural(cause.times, "verdict")), ` of ${ofKinds(cause.subjects)}: `,
        [...cause.controls].map((control, position) => [position ? ", " : "", link(route(["control", control.id]), control.id)])),
      unfolding(`which ${plural(cause.subjects.size, "object")}`, () => list([...cause.subjects], (subject) => link(addressOf(subject), subject.name), "ul.names")),
    ), "ol.plan") : el("p", {}, "Everything could be judged."),
  ]
}

const CHANGES = {
  new: "New findings", fixed: "Fixed", newly_unknown: "Newly unknown", left_scope: "Not judged any more", still_failing: "Still failing",
}

const changesView = () => {
  if (!data.history) return [el("p", {}, "This report was written without a history of earlier runs.")]
  const { compared_with: then, changes, series } = data.history
  return [
    el("p.lead", {}, `Compared with the run of ${clock(then)}.`),
    sparkline(series),
    Object.entries(CHANGES).map(([change, title]) => {
      const those = changes.filter(([what]) => what === change)
      return el("section", {}, el("h3", {}, `${title}: ${count(those.length)}`),
        those.length ? list(those, ([, control, since, name, address]) => {
          const subject = address && data.kinds.find((kind) => kind.kind === address[0])?.subjects[address[1]]
          return [subject ? link(addressOf(subject, { control }), name) : name, " ", link(route(["control", control]), control), since ? `, since ${clock(since)}` : ""]
        }) : null)
    }),
  ]
}
