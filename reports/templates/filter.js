// What is shown of a matrix: the filter stands in the URL, so that a link shows the same to others.

const FILTERS = ["q", "verdict", "severity", "control", "requirement", "host", "tag", "pool", "sort", "down"]

const readFilter = (query) => Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]))

const wantedWords = (verdict) => (verdict === "finding" ? FINDINGS : [verdict])

// The controls whose columns are of interest.
const columnsOf = (kind, filter) =>
  kind.controls
    .map((control, position) => ({ control, position }))
    .filter(
      ({ control }) =>
        (!filter.control || control.id === filter.control) &&
        (!filter.severity || control.severity === filter.severity) &&
        bearsOn(control, filter.requirement),
    )

const matching = (kind, filter) => {
  const columns = columnsOf(kind, filter)
  const words = filter.verdict && wantedWords(filter.verdict)
  const text = filter.q.toLowerCase()
  return kind.subjects.filter(
    (subject) =>
      (!text || subject.hay.includes(text)) &&
      (!filter.host || subject.host === filter.host) &&
      (!filter.tag || subject.tags.includes(filter.tag)) &&
      (!filter.pool || subject.pool === filter.pool) &&
      columns.some(({ position }) => {
        const word = subject.words[position]
        return word && (!words || words.includes(word.word))
      }),
  )
}

// What a subject's verdicts count to in the columns that are shown.
const countsIn = (subject, columns) => {
  if (columns.length === subject.of.controls.length) return subject.counts
  const counts = new Counts()
  for (const { position } of columns) {
    const word = subject.words[position]
    if (word) counts.ranks[word.rank]++
  }
  return counts
}

// What subjects are sorted by; ties keep their order, worst first.
const sortValue = (kind, by, columns) => {
  if (by === "name") return (subject) => subject.name.toLowerCase()
  if (by === "score") return (subject) => countsIn(subject, columns).score ?? 2
  if (by === "findings") return (subject) => -countsIn(subject, columns).findings
  const position = kind.controls.findIndex((control) => control.id === by)
  return position < 0 ? (subject) => subject.number : (subject) => subject.words[position]?.rank ?? 99
}

const sorted = (kind, subjects, filter) => {
  const value = sortValue(kind, filter.sort, columnsOf(kind, filter))
  const turn = filter.down ? -1 : 1
  return subjects
    .map((subject) => [value(subject), subject])
    .sort(([a, one], [b, other]) => (a < b ? -turn : a > b ? turn : one.number - other.number))
    .map(([, subject]) => subject)
}
