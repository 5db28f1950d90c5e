// The page of one object, and of one control.

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
  const guests =
    subject.of.kind === "host"
      ? data.subjects.filter((each) => each.of.kind === "vm" && each.host && each.host === subject.uuid)
      : []
  const groups = GROUPS.map(([title, words, unfolded]) => {
    const items = subject.of.controls
      .map((control, position) => ({ control, position }))
      .filter(({ position }) => words.includes(subject.words[position]?.word))
      .sort(
        (a, b) =>
          subject.words[a.position].rank - subject.words[b.position].rank ||
          worst(a.control) - worst(b.control),
      )
    if (!items.length) return null
    const make = () =>
      el(
        "ul.verdicts",
        {},
        items.map(({ control, position }) =>
          verdictItem(
            subject,
            control,
            position,
            all,
            control.id === wanted || (unfolded && title === "Findings" && items.length <= 3),
          ),
        ),
      )
    const open = unfolded || items.some(({ control }) => control.id === wanted)
    return open
      ? el("section", {}, el("h3", {}, `${title}: ${count(items.length)}`), make())
      : unfolding(el("b", {}, `${title}: ${count(items.length)}`), make)
  })
  return [
    el(
      "div.card",
      {},
      bar(subject.counts),
      definitions(
        [
          "Score",
          `${percent(subject.counts.score)} of ${plural(subject.counts.applicable, "applicable verdict")} pass: ${inWords(subject.counts)}`,
        ],
        ["uuid", el("code", {}, subject.uuid || "none")],
        ["Reference", subject.ref ? el("code", {}, subject.ref) : null],
        ["Pool", data.poolNames.get(subject.pool) ?? subject.pool],
        ["Host", host ? link(addressOf(host), host.name) : data.hosts[subject.host]],
        ["Power state", subject.state],
        ["Made from", subject.template],
        [
          "Tags",
          subject.tags.length
            ? subject.tags.map((tag, position) => [
                position ? ", " : "",
                link(route(["matrix", "vm"], { tag }), tag),
              ])
            : null,
        ],
      ),
    ),
    groups,
    guests.length
      ? el(
          "section",
          {},
          el("h3", {}, `VMs on this host: ${count(guests.length)}`),
          el("p", {}, link(route(["matrix", "vm"], { host: subject.uuid }), "Show them in the matrix")),
          list(
            guests,
            (guest) => [
              link(addressOf(guest), guest.name),
              guest.counts.findings
                ? el("span.fail", {}, ` ✗ ${plural(guest.counts.findings, "finding")}`)
                : "",
            ],
            "ul.names",
          ),
        )
      : null,
  ]
}

const affected = (control, words) => {
  const kind = data.kinds.find((each) => each.controls.includes(control))
  const position = kind?.controls.indexOf(control)
  return (kind?.subjects ?? [])
    .filter((subject) => words.includes(subject.words[position]?.word))
    .map((subject) => ({ subject, reason: subject.reasons.get(position), word: subject.words[position] }))
}

const controlView = (control) => {
  const kind = data.kinds.find((each) => each.controls.includes(control))
  const section = ([title, words]) => {
    const those = affected(control, words)
    if (!those.length || words[0] === "pass" || words[0] === "not_applicable") return null
    return el(
      "section",
      {},
      el("h3", {}, `${title}: ${count(those.length)}`),
      those.length > SHOWN
        ? el(
            "p",
            {},
            link(
              route(["matrix", kind.kind], {
                control: control.id,
                verdict: words.length > 1 && words === FINDINGS ? "finding" : words[0],
              }),
              "Show them in the matrix",
            ),
          )
        : null,
      list(those, ({ subject, reason, word }) => [
        wordOf(word),
        " ",
        link(addressOf(subject, { control: control.id }), subject.name),
        ": ",
        reason ?? "",
      ]),
    )
  }
  return [
    el(
      "div.card",
      {},
      bar(control.counts),
      definitions(
        ["Result", inWords(control.counts)],
        ["Severity", severityOf(control)],
        ["Stops", control.gates?.length ? control.gates.join(", ") : null],
        [
          "Bears on",
          control.requirements.length
            ? control.requirements.map((requirement) =>
                el("p", {}, requirementLink(requirement), ` ${requirement.title}`),
              )
            : "no requirement of the frameworks that are known",
        ],
        ["Why", control.why],
        ["Pass", control.passes],
        ["Fail", control.fails],
        ["Unknown", control.unknown],
        ["Not applicable", control.not_applicable],
        ["Repair", fixes(control, null)],
        ["Verify", control.verify ? el("code", {}, control.verify) : null],
        ["Fields that decide", control.fields?.length ? el("code", {}, control.fields.join(", ")) : null],
        ["Sources", control.sources],
      ),
    ),
    GROUPS.map(section),
  ]
}
