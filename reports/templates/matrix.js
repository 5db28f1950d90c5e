// The matrix of objects and controls, with its filter.

const LABELS = {
  q: "Text",
  verdict: "Verdict",
  severity: "Severity",
  control: "Control",
  requirement: "Requirement",
  host: "Host",
  tag: "Tag",
  pool: "Pool",
  sort: "Sort by",
}

const choices = (kind) => {
  const unique = (values) => [...new Set(values)].filter(Boolean).sort((a, b) => a.localeCompare(b))
  const same = (values) => values.map((value) => [value, value])
  const hosts = unique(kind.subjects.map((subject) => subject.host)).map((uuid) => [
    uuid,
    data.hosts[uuid] ?? uuid,
  ])
  const pools = unique(kind.subjects.map((subject) => subject.pool))
  return {
    verdict: [["finding", "any finding"], ...[...data.words.values()].map((word) => [word.word, word.label])],
    severity: same(data.severities),
    control: same(kind.controls.map((control) => control.id)),
    requirement: requirementChoices(kind.controls),
    host: hosts.sort((a, b) => a[1].localeCompare(b[1])),
    tag: same(unique(kind.subjects.flatMap((subject) => subject.tags))),
    pool: pools.length > 1 ? pools.map((uuid) => [uuid, data.poolNames.get(uuid) ?? uuid]) : [],
    sort: [
      ["name", "name"],
      ["score", "score"],
      ["findings", "findings"],
      ...same(kind.controls.map((control) => control.id)),
    ],
  }
}

const matrixView = (kind, query) => {
  const filter = readFilter(query)
  const told = el("p.hint", { role: "status" })
  const place = el("div")
  const [one, many] = KINDS[kind.kind]

  const change = (changes) => {
    Object.assign(filter, changes)
    history.replaceState(null, "", route(["matrix", kind.kind], filter))
    for (const [name, node] of Object.entries(inputs)) {
      const input = node.querySelector("input, select")
      if (input.value !== filter[name]) input.value = filter[name]
    }
    draw()
  }
  const sort = (by) => change({ sort: by, down: filter.sort === by && !filter.down ? "1" : "" })

  const draw = () => {
    const subjects = sorted(kind, matching(kind, filter), filter)
    const shown = grid({
      label: `${many} by control`,
      columns: columnsOf(kind, filter),
      subjects,
      sort,
      sorting: { by: filter.sort, down: filter.down },
    })
    told.textContent = `${count(subjects.length)} of ${plural(kind.subjects.length, one, many)}`
    const inside = place.contains(document.activeElement)
    place.replaceChildren(shown.node)
    shown.draw()
    if (inside) shown.node.querySelector('[tabindex="0"]')?.focus({ preventScroll: true })
    printable = () => plainMatrix(kind, subjects, columnsOf(kind, filter), inputs)
  }

  const inputs = {
    q: el(
      "div",
      {},
      el("label", { for: "filter-q" }, LABELS.q),
      el("input", {
        id: "filter-q",
        type: "search",
        value: filter.q,
        placeholder: "name, uuid, tag, host",
        oninput: (event) => change({ q: event.target.value }),
      }),
    ),
  }
  for (const [name, options] of Object.entries(choices(kind))) {
    if (!options.length) continue
    const any = name === "sort" ? "worst first" : "any"
    inputs[name] = choice(name, LABELS[name], any, options, filter[name], (value) =>
      change({ [name]: value, ...(name === "sort" ? { down: "" } : {}) }),
    )
  }
  const clear = () => change(Object.fromEntries(FILTERS.map((name) => [name, ""])))
  queueMicrotask(draw)
  return [
    data.kinds.length > 1
      ? el(
          "nav.tabs",
          { "aria-label": "Kinds of objects" },
          data.kinds.map((each) =>
            el(
              "a",
              { href: route(["matrix", each.kind]), "aria-current": each === kind ? "true" : null },
              `${KINDS[each.kind][1]} ${count(each.subjects.length)}`,
            ),
          ),
        )
      : null,
    el(
      "form.filter",
      { role: "search", "aria-label": `Filter ${many}`, onsubmit: (event) => event.preventDefault() },
      Object.values(inputs),
      el("button", { type: "button", onclick: clear }, "Clear"),
    ),
    told,
    place,
    legend(),
  ]
}

const PRINTED = 500

// What a filter shows, for paper, which has no address.
const narrowed = (inputs) =>
  Object.entries(inputs)
    .map(([name, node]) => [LABELS[name], node.querySelector("input, select")])
    .filter(([label, { value }]) => value && label !== LABELS.sort)
    .map(([label, input]) => `${label}: ${input.selectedOptions?.[0]?.text ?? input.value}`)
    .join("; ")

const plainMatrix = (kind, subjects, columns, inputs) => [
  narrowed(inputs) ? el("p", {}, `Only ${narrowed(inputs)}.`) : null,
  el(
    "p",
    {},
    subjects.length > PRINTED
      ? `The first ${count(PRINTED)} of ${count(subjects.length)}.`
      : plural(subjects.length, ...KINDS[kind.kind]),
  ),
  el(
    "table",
    {},
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        ["Name", "Score", "Findings", "Could not be judged"].map((title) =>
          el("th", { scope: "col" }, title),
        ),
      ),
    ),
    el(
      "tbody",
      {},
      subjects.slice(0, PRINTED).map((subject) => {
        const those = (words) =>
          columns
            .filter(({ position }) => words.includes(subject.words[position]?.word))
            .map(({ control }) => control.id)
            .join(", ")
        return el(
          "tr",
          {},
          el("th", { scope: "row" }, subject.name),
          el("td", {}, percent(countsIn(subject, columns).score)),
          el("td", {}, those(FINDINGS)),
          el("td", {}, those(["unknown"])),
        )
      }),
    ),
  ),
]
