// The requirements of the frameworks that auditors ask for, and the controls that bear on them.

// In an address: what bears on no requirement at all.
const NO_REQUIREMENT = "none"

const bearsOnAny = (control) => control.requirements.length > 0

const bearsOn = (control, wanted) => {
  if (!wanted) return true
  if (wanted === NO_REQUIREMENT) return !bearsOnAny(control)
  return control.requirements.some(({ key, framework }) => key === wanted || framework === wanted)
}

// What a filter of these controls offers: each framework as a whole, and its requirements.
const requirementChoices = (controls) => [
  ...data.frameworks
    .map(({ name, requirements }) => [
      name,
      [
        [name, `any of ${name}`],
        ...requirements
          .filter((requirement) => requirement.controls.some((control) => controls.includes(control)))
          .map(({ key, number, title }) => [key, `${number} ${title}`]),
      ],
    ])
    .filter(([, options]) => options.length > 1),
  ...(controls.every(bearsOnAny) ? [] : [[NO_REQUIREMENT, "no requirement"]]),
]

const inNameOf = (wanted) => {
  if (!wanted) return ""
  return wanted === NO_REQUIREMENT ? "that bear on no requirement" : `that bear on ${wanted}`
}

const requirementLink = ({ key }, text = key) => link(route(["controls"], { requirement: key }), text)

const countsOf = (controls) => {
  const counts = new Counts()
  for (const control of controls) counts.merge(control.counts)
  return counts
}

const judgedAny = ({ counts }) => counts.ranks.some((number) => number > 0)

const idsOf = (lead, controls) =>
  controls.length
    ? el(
        "div",
        {},
        lead,
        controls.map((control, position) => [
          position ? ", " : "",
          el("span.id", {}, link(route(["control", control.id]), control.id)),
        ]),
      )
    : null

const matricesOf = ({ key, controls }) =>
  data.kinds
    .filter((kind) => kind.controls.some((control) => controls.includes(control)))
    .map((kind, position) => [
      position ? ", " : "",
      link(route(["matrix", kind.kind], { requirement: key }), KINDS[kind.kind][1]),
    ])

const requirementsTable = ({ name, requirements }) =>
  table(
    `Requirements of ${name}`,
    [
      {
        title: "Requirement",
        head: true,
        cell: (each) => requirementLink(each, each.number),
      },
      { title: "What it asks", cell: (each) => each.title },
      {
        title: "Controls",
        cell: ({ controls }) => [
          controls.length ? "" : "none was selected",
          idsOf("", controls.filter(judgedAny)),
          idsOf(
            "not judged in this run: ",
            controls.filter((control) => !judgedAny(control)),
          ),
        ],
      },
      { title: "Verdicts", cell: (each) => bar(each.counts) },
      counted("✗ fail", (each) => each.counts.findings),
      counted("? unknown", (each) => each.counts.of("unknown")),
      counted("◇ waived", (each) => each.counts.of("waived")),
      counted("✓ pass", (each) => each.counts.of(...PASSED)),
      { title: "Matrix of", cell: matricesOf },
    ],
    requirements.map((requirement) => ({ ...requirement, counts: countsOf(requirement.controls) })),
  )

const without = (heading, controls) =>
  controls.length
    ? el(
        "section",
        {},
        el("h3", {}, `${heading}: ${count(controls.length)}`),
        list(
          [...controls].sort((a, b) => a.id.localeCompare(b.id)),
          (control) => [link(route(["control", control.id]), control.id), ` ${control.title ?? ""}`],
        ),
      )
    : null

const frameworksView = (framework) => {
  const others = data.controls.filter((control) => !bearsOn(control, framework.name))
  return [
    el(
      "nav.tabs",
      { "aria-label": "Frameworks" },
      data.frameworks.map((each) =>
        el(
          "a",
          { href: route(["frameworks", each.name]), "aria-current": each === framework ? "true" : null },
          each.name,
        ),
      ),
    ),
    el(
      "p.lead",
      {},
      `The requirements of ${framework.name} on which controls bear. A finding is evidence against a requirement. That nothing failed is no proof that it is met: it asks for more than a pool can tell.`,
    ),
    requirementsTable(framework),
    without("Controls that bear on other frameworks only", others.filter(bearsOnAny)),
    without(
      "Controls that bear on no requirement of any framework",
      others.filter((control) => !bearsOnAny(control)),
    ),
  ]
}
