// The fix plan: findings that one repair in one window closes, largest effect first.

// "As for X": what repairs X repairs this too.
const repairedBy = (control) => {
  const seen = new Set()
  while (control.like && data.byId.get(control.like)?.ways && !seen.has(control.id)) {
    seen.add(control.id)
    control = data.byId.get(control.like)
  }
  return control
}

const wayFor = (control, subject) => {
  const ways = control.ways ?? []
  const system = subject.windows === true ? "Windows" : subject.windows === false ? "Linux" : ""
  const fitting = ways.findIndex(([of]) => of === system)
  return ways.length ? Math.max(0, fitting) : -1
}

// What repairs a finding of a subject: the control whose repair it is, and which way of it. Where another
// control that the repair names fails too, that one has to be repaired first, and this finding follows from it.
const rootOf = (control, subject, failing, seen = new Set()) => {
  const repair = repairedBy(control)
  const number = wayFor(repair, subject)
  const root = data.byId.get(repair.ways?.[number]?.[4])
  if (!root || !failing.has(root) || seen.has(root)) return [repair, number]
  return rootOf(root, subject, failing, seen.add(root))
}

const makePlan = () => {
  const repairs = new Map()
  const start = (repair, number) => {
    const [system, text, window, interrupts] = repair.ways?.[number] ?? ["", "", "", "not stated"]
    return {
      repair,
      system,
      text,
      window,
      interrupts,
      effect: 0,
      findings: 0,
      subjects: new Set(),
      controls: new Map(),
      reasons: new Map(),
    }
  }
  for (const kind of data.kinds) {
    for (const subject of kind.subjects) {
      const failures = [...subject.reasons].filter(([position]) => subject.words[position].word === "fail")
      const failing = new Set(failures.map(([position]) => kind.controls[position]))
      for (const [position, reason] of failures) {
        const control = kind.controls[position]
        const [repair, number] = rootOf(control, subject, failing)
        if (!repairs.has(repair)) repairs.set(repair, new Map())
        const ways = repairs.get(repair)
        if (!ways.has(number)) ways.set(number, start(repair, number))
        const group = ways.get(number)
        group.effect += WEIGHTS[control.severity]
        group.findings++
        group.subjects.add(subject)
        group.controls.set(control, (group.controls.get(control) ?? 0) + 1)
        group.reasons.set(reason, (group.reasons.get(reason) ?? 0) + 1)
      }
    }
  }
  return [...repairs.values()].flatMap((ways) => [...ways.values()]).sort((a, b) => b.effect - a.effect)
}

let plan = null
const planned = () => (plan ??= makePlan())

// What most of some VMs have in common that not all have: where to look for the cause.
const shared = (subjects) => {
  const vms = subjects.filter((subject) => subject.of.kind === "vm")
  const all = data.kinds.find((kind) => kind.kind === "vm")?.subjects ?? []
  if (vms.length < 2) return []
  const facts = {
    "made from": (vm) => [vm.template],
    "on host": (vm) => [data.hosts[vm.host]],
    tagged: (vm) => vm.tags,
  }
  return Object.entries(facts).flatMap(([what, tell]) => {
    const tally = new Map()
    for (const vm of vms)
      for (const value of tell(vm)) if (value) tally.set(value, (tally.get(value) ?? 0) + 1)
    const [value, times] = [...tally].reduce((most, each) => (each[1] > most[1] ? each : most), [null, 0])
    const everywhere = all.filter((vm) => tell(vm).includes(value)).length / all.length
    const here = times / vms.length
    return here >= 0.6 && here > 1.5 * everywhere
      ? [`${times === vms.length ? "all" : `${count(times)} of ${count(vms.length)}`} ${what} ${value}`]
      : []
  })
}

const ofKinds = (subjects) => {
  const numbers = new Map()
  for (const { of } of subjects) numbers.set(of.kind, (numbers.get(of.kind) ?? 0) + 1)
  return [...numbers].map(([kind, number]) => plural(number, ...KINDS[kind])).join(", ")
}

const most = (tally) => [...tally].sort((a, b) => b[1] - a[1])

const windowOf = (group) =>
  el(`span.window.w${data.windows.indexOf(group.interrupts)}`, {}, group.window || "window not stated")

const planItem = (group) => {
  const subjects = [...group.subjects].sort((a, b) => a.number - b.number)
  const common = shared(subjects)
  return el(
    "article.repair",
    {},
    el(
      "h3",
      {},
      `${ofKinds(subjects)}: `,
      link(route(["control", group.repair.id]), group.repair.title ?? group.repair.id),
      group.system ? ` (${group.system})` : "",
    ),
    el(
      "p.facts",
      {},
      windowOf(group),
      " closes ",
      el("b", {}, plural(group.findings, "finding")),
      " of ",
      most(group.controls).map(([control, number], position) => [
        position ? ", " : "",
        link(route(["control", control.id]), control.id),
        ` (${count(number)} ${control.severity})`,
      ]),
    ),
    common.length ? el("p.common", {}, el("b", {}, "In common: "), common.join("; ")) : null,
    group.text ? el("p", {}, group.system ? el("b", {}, `${group.system}: `) : null, group.text) : null,
    unfolding(`${plural(group.reasons.size, "reason")}`, () =>
      list(most(group.reasons), ([reason, times]) => `${count(times)} × ${reason}`),
    ),
    unfolding(`which ${plural(subjects.length, "object")}`, () =>
      list(subjects, (subject) => link(addressOf(subject), subject.name), "ul.names"),
    ),
  )
}

// What is made only when somebody unfolds it.
const unfolding = (summary, make, open = false) => {
  const whole = el("details", { open }, el("summary", {}, summary))
  let made = false
  const fill = () => {
    if (made || !whole.open) return
    made = true
    add(whole, make())
  }
  whole.addEventListener("toggle", fill)
  whole.addEventListener("unfold", fill)
  fill()
  return whole
}

const planView = (query) => {
  const groups = planned()
  const chosen = query.get("window") ?? ""
  const perWindow = data.windows
    .map((window) => {
      const those = groups.filter((group) => group.interrupts === window)
      return {
        window,
        those,
        subjects: new Set(those.flatMap((group) => [...group.subjects])),
        findings: those.reduce((sum, group) => sum + group.findings, 0),
      }
    })
    .filter(({ those }) => those.length)
  const shown = groups.filter((group) => !chosen || group.interrupts === chosen)
  return [
    el(
      "p.lead",
      {},
      "Findings that one repair closes, and those that follow from them, in the window that it needs; largest effect first (a critical finding weighs 8, high 4, medium 2, low 1).",
    ),
    groups.length ? null : el("p", {}, "Nothing failed: there is nothing to repair."),
    perWindow.length
      ? table(
          "Repairs by the window that they need",
          [
            {
              title: "Window",
              head: true,
              cell: (each) => link(route(["plan"], { window: each.window }), each.window),
            },
            { title: "Repairs", number: true, cell: (each) => count(each.those.length) },
            { title: "Objects", number: true, cell: (each) => count(each.subjects.size) },
            { title: "Findings closed", number: true, cell: (each) => count(each.findings) },
          ],
          perWindow,
        )
      : null,
    chosen ? el("p", {}, `Only what needs: ${chosen}. `, link(route(["plan"]), "Show all")) : null,
    list(shown, planItem, "ol.plan"),
  ]
}
