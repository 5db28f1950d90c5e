// Which view is shown: the part of the address behind #/ names it.

const VIEWS = [
  [[], "Overview"],
  [["plan"], "Fix plan"],
  [["matrix"], "Matrix"],
  [["controls"], "Controls"],
  [["frameworks"], "Frameworks"],
  [["unknowns"], "Unknown"],
  [["waivers"], "Waivers"],
  [["changes"], "What changed"],
]

// What is printed of the present view where its screen is no document.
let printable = null

const totals = (title, groups) =>
  table(
    title,
    [
      { title, head: true, cell: (each) => each.name },
      { title: "Verdicts", cell: (each) => bar(each.counts) },
      { title: "✗ fail", number: true, cell: (each) => count(each.counts.findings) },
      { title: "? unknown", number: true, cell: (each) => count(each.counts.of("unknown")) },
      {
        title: "✓ pass",
        number: true,
        cell: ({ counts }) => `${count(counts.of(...PASSED))} of ${count(counts.applicable)}`,
      },
      { title: "Score", number: true, cell: (each) => percent(each.counts.score) },
    ],
    groups,
  )

const SCORE =
  "The score is the share of applicable verdicts that pass, each counted once whatever its severity. Applicable " +
  "are all but those that are not applicable: what is unknown, waived or broken counts among them, and is not compliant. " +
  "Where a waiver is not needed the control passes."

const bySeverity = () => [
  ...data.severities.map((severity) => ({
    name: severity,
    counts: countsOf(data.controls.filter((control) => control.severity === severity)),
  })),
  { name: "all", counts: data.counts },
]

const byPool = () =>
  data.pools
    .filter(([uuid]) => uuid)
    .map(([uuid, name]) => {
      const counts = new Counts()
      for (const subject of data.subjects) if (subject.pool === uuid) counts.merge(subject.counts)
      return { name: link(route(["matrix", data.kinds[0].kind], { pool: uuid }), name), counts }
    })

const byKind = () =>
  data.kinds.map((kind) => {
    const counts = new Counts()
    for (const subject of kind.subjects) counts.merge(subject.counts)
    return {
      name: link(route(["matrix", kind.kind]), plural(kind.subjects.length, ...KINDS[kind.kind])),
      counts,
    }
  })

const byHost = () => {
  const hosts = new Map()
  for (const subject of data.subjects) {
    const uuid = subject.of.kind === "host" ? subject.uuid : subject.host
    if (!uuid) continue
    if (!hosts.has(uuid)) hosts.set(uuid, { uuid, counts: new Counts(), guests: 0 })
    hosts.get(uuid).counts.merge(subject.counts)
    hosts.get(uuid).guests += subject.of.kind === "vm"
  }
  return [...hosts.values()]
    .sort((a, b) => b.counts.findings - a.counts.findings)
    .map((each) => {
      const host = find("host", each.uuid)
      const name = data.hosts[each.uuid] ?? each.uuid
      return {
        name: [
          host ? link(addressOf(host), name) : name,
          each.guests ? ` and ${plural(each.guests, "VM")}` : "",
        ],
        counts: each.counts,
      }
    })
}

// Hosts that have a bar.
const MANY = 64

// Objects whose heat map leaves room for another one beside it.
const FEW = 16

const picture = (kind) => {
  const name = KINDS[kind.kind][1]
  return el(
    "section.picture",
    {},
    el("h2", {}, `${name[0].toUpperCase()}${name.slice(1)}, worst first`),
    heatMap(kind),
    el("p", {}, link(route(["matrix", kind.kind]), `As a table: the matrix of ${name}`)),
  )
}

const overviewView = () => {
  const first = planned().slice(0, 5)
  const maps = data.kinds.filter((kind) => kind.subjects.length > 1 && kind.controls.length > 1)
  const hosts = byHost()
  const { history: past } = data
  return [
    past
      ? el(
          "section",
          {},
          el("h2", {}, "Since the last run"),
          el(
            "p",
            {},
            Object.entries(CHANGES).map(([change, title], position) => [
              position ? ", " : "",
              el("b", {}, count(past.changes.filter(([what]) => what === change).length)),
              ` ${title.toLowerCase()}`,
            ]),
            ": ",
            link(route(["changes"]), "what changed"),
          ),
          unlike(past.differences),
          sparkline(past.series),
        )
      : null,
    first.length
      ? el(
          "section",
          {},
          el("h2", {}, "Do first"),
          el(
            "ol.first",
            {},
            first.map((group) =>
              el(
                "li",
                {},
                windowOf(group),
                ` ${ofKinds(group.subjects)}: `,
                link(route(["control", group.repair.id]), group.repair.title ?? group.repair.id),
                group.system ? ` (${group.system})` : "",
                el("span.quiet", {}, ` closes ${plural(group.findings, "finding")}`),
              ),
            ),
          ),
          el("p", {}, link(route(["plan"]), "The whole fix plan")),
        )
      : null,
    maps.filter((kind) => kind.subjects.length > FEW).map(picture),
    el("div.pair", {}, maps.filter((kind) => kind.subjects.length <= FEW).map(picture)),
    maps.length ? legend() : null,
    el(
      "section",
      {},
      el("h2", {}, "Score"),
      el("p.lead", {}, SCORE),
      el(
        "div.pair",
        {},
        totals("By severity", bySeverity()),
        totals("By kind", byKind()),
        data.pools.length > 1 && data.kinds.length ? totals("By pool", byPool()) : null,
      ),
    ),
    hosts.length
      ? el(
          "section",
          {},
          el("h2", {}, "Hosts and what runs on them"),
          hosts.length > MANY
            ? el("p.hint", {}, `The ${MANY} with most findings of ${plural(hosts.length, "host")}.`)
            : null,
          totals("By host", hosts.slice(0, MANY)),
        )
      : null,
  ]
}

// What the address names: a title and the view's nodes.
const resolve = async ([view, ...rest], query) => {
  if (!view) return ["", overviewView()]
  const kind = data.kinds.find((each) => each.kind === (rest[0] ?? data.kinds[0]?.kind))
  if (view === "matrix" && kind) return [`Matrix of ${KINDS[kind.kind][1]}`, matrixView(kind, query)]
  if (view === "plan") return ["Fix plan", planView(query)]
  if (view === "controls") return ["Controls", controlsView(query)]
  const framework = data.frameworks.find((each) => each.name === (rest[0] ?? data.frameworks[0].name))
  if (view === "frameworks" && framework) return [framework.name, frameworksView(framework)]
  if (view === "unknowns") return ["What could not be judged, and why", unknownsView()]
  if (view === "waivers") return ["Waivers", waiversView()]
  if (view === "changes") return ["What changed", changesView()]
  const control = view === "control" && data.byId.get(rest[0])
  if (control) return [`${control.id}: ${control.title ?? ""}`, controlView(control)]
  const subject = KINDS[view] && find(view, ...rest)
  if (subject) return [`${KINDS[view][0]} ${subject.name}`, await subjectView(subject, query)]
  return [
    "Not in this report",
    [el("p", {}, "Nothing of this name was judged in this run. ", link("#/", "Overview"))],
  ]
}

const parse = () => {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?", 2)
  const decoded = path.split("/").map((part) => {
    try {
      return decodeURIComponent(part)
    } catch {
      return part
    }
  })
  return [decoded, new URLSearchParams(query ?? "")]
}

const title = document.title
let asked = 0

const show = async (moved) => {
  const [path, query] = parse()
  const mine = ++asked
  printable = null
  const [name, nodes] = await resolve(path, query)
  if (mine !== asked) return
  document.body.dataset.view = path[0] || "overview"
  document.title = name ? `${name} – ${title}` : title
  const heading = name ? el("h2.title", { tabindex: -1 }, name) : null
  const view = document.getElementById("poolproof-view")
  view.replaceChildren()
  add(view, heading, nodes)
  for (const item of document.querySelectorAll(".views a")) {
    if (item.dataset.view === (path[0] || "overview")) item.setAttribute("aria-current", "page")
    else item.removeAttribute("aria-current")
  }
  if (!moved) return
  window.scrollTo(0, 0)
  const wanted = query.get("control") && document.getElementById(`verdict-${query.get("control")}`)
  if (wanted) wanted.scrollIntoView({ block: "center" })
  ;(wanted?.querySelector("summary") ?? heading ?? document.getElementById("title"))?.focus({
    preventScroll: true,
  })
}

// pytest-html's own parts, set in order: landmarks that screen readers can jump to.
const furnish = () => {
  const heading = document.getElementById("title")
  heading.tabIndex = -1
  const views = VIEWS.filter(([[view]]) => view !== "changes" || data.history)
  const items = views.map(([path, label]) =>
    el("a", { href: route(path), "data-view": path[0] ?? "overview" }, label),
  )
  document.body.prepend(el("header", {}, heading, el("nav.views", { "aria-label": "Views" }, items)))
  const main = document.querySelector(".summary")
  main.setAttribute("role", "main")
  add(
    main,
    ["results-table", "environment-header", "environment"].map((id) => document.getElementById(id)),
  )
}

// What is folded inside something folded stays so: a pass needs no page of evidence on paper.
const unfoldAll = () => {
  for (const each of document.querySelectorAll(".poolproof details:not(details details, [open])")) {
    each.open = true
    each.dispatchEvent(new Event("unfold")) // "toggle" comes too late
  }
}

// Paper gets a document: what the screen spreads over several views stands in one after another, and
// lists are longer, for nobody can ask paper for more.
const ON_PAPER = 500
const paper = el("div.paper")
addEventListener("beforeprint", () => {
  const overview = document.body.dataset.view === "overview"
  const chapter = (name, nodes) => el("section", {}, el("h2", {}, name), nodes)
  paper.replaceChildren()
  atFirst = ON_PAPER
  if (printable) add(paper, printable())
  else if (overview)
    add(
      paper,
      chapter("Fix plan", planView(new URLSearchParams())),
      chapter("Controls", controlsTable(data.controls)),
      data.frameworks.map((framework) => chapter(framework.name, requirementsTable(framework))),
      chapter("What could not be judged, and why", unknownsView()),
      chapter("Waivers", waiversView()),
      data.history ? chapter("What changed", changesView()) : null,
    )
  document.body.classList.toggle("prints-document", overview || printable !== null)
  document.querySelector(".poolproof").append(paper)
  unfoldAll()
  atFirst = SHOWN
})
addEventListener("afterprint", () => paper.remove())

// pytest-html's script writes its sorting into the address, and unescapes what we have there.
history.pushState = () => {}

addEventListener("DOMContentLoaded", async () => {
  try {
    await load()
    furnish()
    addEventListener("hashchange", () => show(true))
    await show(location.hash.length > 2)
    document.body.dataset.ready = ""
  } catch (error) {
    document.getElementById("poolproof-view").textContent =
      `This browser cannot show the rest (${error}). results.json has it.`
  }
})
