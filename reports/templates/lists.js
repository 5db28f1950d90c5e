// What somebody has to look at across all objects.

const controlsTable = (controls) =>
  table(
    "Controls and their verdicts",
    [
      {
        title: "Control",
        head: true,
        value: (each) => each.id,
        cell: (each) => link(route(["control", each.id]), each.id),
      },
      { title: "Severity", value: worst, cell: severityOf },
      { title: "What it asks", cell: (each) => each.title ?? "" },
      { title: "Verdicts", cell: (each) => bar(each.counts) },
      counted("✗ fail", (each) => each.counts.findings),
      counted("? unknown", (each) => each.counts.of("unknown")),
      counted("✓ pass", (each) => each.counts.of(...PASSED)),
      {
        title: "Score",
        number: true,
        value: (each) => each.counts.score ?? 2,
        cell: (each) => percent(each.counts.score),
      },
    ],
    [...controls].sort(
      (a, b) => b.counts.findings * WEIGHTS[b.severity] - a.counts.findings * WEIGHTS[a.severity],
    ),
  )

const controlsView = (query) => {
  const told = el("p.lead", { role: "status" })
  const place = el("div")
  const draw = (requirement) => {
    const controls = data.controls.filter((control) => bearsOn(control, requirement))
    const those = [plural(controls.length, "control"), inNameOf(requirement)].filter(Boolean).join(" ")
    const idle = controls.filter((control) => !judgedAny(control)).length
    told.textContent = `${those}, those whose findings weigh most first${idle ? `; ${count(idle)} judged nothing in this run` : ""}.`
    place.replaceChildren(controlsTable(controls))
  }
  const wanted = query.get("requirement") ?? ""
  const change = (requirement) => {
    history.replaceState(null, "", route(["controls"], { requirement }))
    draw(requirement)
  }
  draw(wanted)
  return [
    el(
      "form.filter",
      { role: "search", "aria-label": "Filter controls", onsubmit: (event) => event.preventDefault() },
      choice("requirement", LABELS.requirement, "any", requirementChoices(data.controls), wanted, change),
    ),
    told,
    place,
  ]
}

const STATES = {
  used: "in use",
  not_needed: "not needed: all that it covers passes",
  unused: "covers nothing that was judged",
  expired: "expired: does not count",
  reopened: "reopened: the facts have changed",
}

const waiversView = () => {
  const waived = data.subjects.flatMap((subject) =>
    [...subject.reasons]
      .filter(([position]) => ["waived", "waiver_not_needed"].includes(subject.words[position].word))
      .map(([position, reason]) => ({
        subject,
        control: subject.of.controls[position],
        word: subject.words[position],
        reason,
      })),
  )
  return [
    el("p.lead", {}, "Findings that somebody has accepted for a while. A waived finding is no pass."),
    data.waivers.length
      ? table(
          "Waivers and what became of them",
          [
            { title: "Waiver", head: true, cell: (each) => each.source },
            {
              title: "Control",
              value: (each) => each.control,
              cell: (each) => link(route(["control", each.control]), each.control),
            },
            { title: "For", cell: (each) => each.subject },
            { title: "State", value: (each) => each.state, cell: (each) => STATES[each.state] },
            counted("Covers", (each) => each.covers),
            { title: "Until", value: (each) => each.expires, cell: (each) => clock(each.expires) },
            { title: "Approved by", cell: (each) => each.approved_by },
            { title: "Reason", cell: (each) => each.reason },
          ],
          data.waivers,
        )
      : el("p", {}, "There are no waivers."),
    waived.length
      ? el(
          "section",
          {},
          el("h3", {}, `What they cover: ${count(waived.length)}`),
          list(waived, ({ subject, control, word, reason }) => [
            wordOf(word),
            " ",
            link(addressOf(subject, { control: control.id }), subject.name),
            ` ${control.id}: ${reason}`,
          ]),
        )
      : null,
  ]
}

const unknownsView = () => {
  const causes = new Map()
  for (const subject of data.subjects) {
    for (const [position, reason] of subject.reasons) {
      if (subject.words[position].word !== "unknown") continue
      if (!causes.has(reason))
        causes.set(reason, { reason, times: 0, subjects: new Set(), controls: new Set() })
      const cause = causes.get(reason)
      cause.times++
      cause.subjects.add(subject)
      cause.controls.add(subject.of.controls[position])
    }
  }
  const listed = [...causes.values()].sort((a, b) => b.times - a.times)
  return [
    el(
      "p.lead",
      {},
      "What has meaning but could not be judged, by its cause. Unknown is no pass: a gate counts it as a failure.",
    ),
    listed.length
      ? list(
          listed,
          (cause) =>
            el(
              "article.repair",
              {},
              el("h3", {}, cause.reason),
              el(
                "p.facts",
                {},
                el("b", {}, plural(cause.times, "verdict")),
                ` of ${ofKinds(cause.subjects)}: `,
                [...cause.controls].map((control, position) => [
                  position ? ", " : "",
                  link(route(["control", control.id]), control.id),
                ]),
              ),
              unfolding(`which ${plural(cause.subjects.size, "object")}`, () =>
                list([...cause.subjects], (subject) => link(addressOf(subject), subject.name), "ul.names"),
              ),
            ),
          "ol.plan",
        )
      : el("p", {}, "Everything could be judged."),
  ]
}

const CHANGES = {
  new: "New findings",
  no_longer_waived: "No longer waived",
  fixed: "Fixed",
  newly_waived: "Now waived",
  newly_unknown: "Newly unknown",
  left_scope: "Not judged any more",
  still_failing: "Still failing",
}

// What changed need not have changed in the pool.
const unlike = (differences) =>
  differences.length
    ? el("p.alert", {}, el("strong", {}, "Not judged alike then and now: "), `${differences.join("; ")}.`)
    : null

const changesView = () => {
  if (!data.history) return [el("p", {}, "This report was written without a history of earlier runs.")]
  const { compared_with: then, changes, series, differences } = data.history
  return [
    el("p.lead", {}, `Compared with the run of ${clock(then)}.`),
    unlike(differences),
    sparkline(series),
    Object.entries(CHANGES).map(([change, title]) => {
      const those = changes.filter(([what]) => what === change)
      return el(
        "section",
        {},
        el("h3", {}, `${title}: ${count(those.length)}`),
        those.length
          ? list(those, ([, control, since, name, address]) => {
              const subject =
                address && data.kinds.find((kind) => kind.kind === address[0])?.subjects[address[1]]
              return [
                subject ? link(addressOf(subject, { control }), name) : name,
                " ",
                link(route(["control", control]), control),
                since ? `, since ${clock(since)}` : "",
              ]
            })
          : null,
      )
    }),
  ]
}
