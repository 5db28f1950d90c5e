// A table of any size of which only what is in view exists: subjects down, controls across.
// Arrow keys walk it, Enter opens what is under the focus; screen readers are told the whole size.

const ROW = 30
const CELL = 34
const FIXED = 3 // name, score, findings

const grid = ({ label, columns, subjects, sort, sorting }) => {
  const head = el("div.grid-row.grid-head", { role: "row", "aria-rowindex": 1 })
  const body = el("div.grid-body", { role: "rowgroup", style: { height: `${subjects.length * ROW}px` } })
  const inner = el(
    "div.grid-inner",
    { role: "presentation" },
    el("div.grid-top", { role: "rowgroup" }, head),
    body,
  )
  const whole = el(
    "div.grid",
    {
      role: "grid",
      "aria-label": label,
      "aria-rowcount": subjects.length + 1,
      "aria-colcount": columns.length + FIXED,
    },
    inner,
  )
  inner.style.setProperty("--across", `${columns.length * CELL}px`)
  const at = { row: subjects.length ? 0 : -1, column: 0 }

  const heads = ["name", "score", "findings", ...columns.map(({ control }) => control.id)]
  const place = (row, column) => ({
    "aria-colindex": column + 1,
    "data-row": row,
    "data-column": column,
    tabindex: row === at.row && column === at.column ? 0 : -1,
  })

  const drawHead = (from, to) => {
    const cell = (column, text, what, title) => {
      const order = sorting.by === heads[column] ? (sorting.down ? "descending" : "ascending") : null
      return el(
        what,
        { role: "columnheader", "aria-sort": order, title, ...place(-1, column) },
        el("span", {}, text),
      )
    }
    head.replaceChildren(
      cell(0, "Name", "div.grid-name", "sort by name"),
      cell(1, "Score", "div.grid-score", "sort by score"),
      cell(2, "Findings", "div.grid-score", "sort by findings"),
      el("div", { role: "presentation", style: { flex: `0 0 ${from * CELL}px` } }),
      ...columns
        .slice(from, to)
        .map(({ control }, offset) =>
          cell(
            from + offset + FIXED,
            control.id.replace(/^[A-Z]+-/, ""),
            "div.grid-control",
            `${control.id}, ${control.severity}: ${control.title ?? ""}`,
          ),
        ),
    )
  }

  const drawRow = (row, from, to) => {
    const subject = subjects[row]
    const { findings, score } = countsIn(subject, columns)
    return el(
      "div.grid-row",
      { role: "row", "aria-rowindex": row + 2, style: { transform: `translateY(${row * ROW}px)` } },
      el(
        "div.grid-name",
        { role: "rowheader", ...place(row, 0) },
        el("a", { href: addressOf(subject), tabindex: -1, title: subject.name }, subject.name),
      ),
      el("div.grid-score", { role: "gridcell", ...place(row, 1) }, percent(score)),
      el(
        findings ? "div.grid-score.fail" : "div.grid-score",
        { role: "gridcell", ...place(row, 2) },
        count(findings),
      ),
      el("div", { role: "presentation", style: { flex: `0 0 ${from * CELL}px` } }),
      columns.slice(from, to).map(({ control, position }, offset) => {
        const word = subject.words[position]
        const says = `${control.id}: ${word?.label ?? "not judged"}`
        return el(
          `div.grid-cell.${word?.word ?? "none"}`,
          { role: "gridcell", "aria-label": says, title: says, ...place(row, from + offset + FIXED) },
          word?.symbol ?? "",
        )
      }),
    )
  }

  const draw = () => {
    const rows = Math.ceil(whole.clientHeight / ROW)
    const top = Math.max(0, Math.floor(whole.scrollTop / ROW) - 1)
    const bottom = Math.min(subjects.length, top + rows + 2)
    const fixed = head.firstChild ? whole.clientWidth - head.children[0].offsetWidth : whole.clientWidth
    const from = Math.max(0, Math.min(columns.length, Math.floor(whole.scrollLeft / CELL) - 8))
    const to = Math.min(columns.length, from + Math.ceil(fixed / CELL) + 10)
    const focused = whole.contains(document.activeElement)
    drawHead(from, to)
    const shown = []
    for (let row = top; row < bottom; row++) shown.push(drawRow(row, from, to))
    body.replaceChildren(...shown)
    const active = whole.querySelector('[tabindex="0"]')
    if (focused) active?.focus({ preventScroll: true })
    // There is always one place where the Tab key comes in.
    if (!active) head.firstChild.tabIndex = 0
  }

  const show = () => {
    const top = at.row * ROW
    const room = whole.clientHeight - head.offsetHeight - ROW
    if (at.row >= 0 && top < whole.scrollTop) whole.scrollTop = top
    else if (at.row >= 0 && top > whole.scrollTop + room) whole.scrollTop = top - room
    if (at.column >= FIXED) {
      const left = (at.column - FIXED) * CELL
      const across =
        whole.clientWidth - (head.children[0].offsetWidth + head.children[1].offsetWidth * 2) - CELL
      if (left < whole.scrollLeft) whole.scrollLeft = left
      else if (left > whole.scrollLeft + across) whole.scrollLeft = left - across
    }
    draw()
    whole.querySelector('[tabindex="0"]')?.focus({ preventScroll: true })
  }

  const open = (row, column) => {
    if (row < 0) return sort(heads[column])
    const control = columns[column - FIXED]?.control
    location.hash = addressOf(subjects[row], { control: control?.id })
  }

  const page = () => Math.max(1, Math.floor((whole.clientHeight - head.offsetHeight) / ROW) - 1)
  const STEPS = {
    ArrowDown: () => (at.row += 1),
    ArrowUp: () => (at.row -= 1),
    ArrowRight: () => (at.column += 1),
    ArrowLeft: () => (at.column -= 1),
    PageDown: () => (at.row += page()),
    PageUp: () => (at.row -= page()),
    Home: (event) => ((at.column = 0), event.ctrlKey && (at.row = 0)),
    End: (event) => ((at.column = heads.length - 1), event.ctrlKey && (at.row = subjects.length - 1)),
  }
  whole.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") open(at.row, at.column)
    else if (STEPS[event.key]) {
      STEPS[event.key](event)
      at.row = Math.max(-1, Math.min(subjects.length - 1, at.row))
      at.column = Math.max(0, Math.min(heads.length - 1, at.column))
      show()
    } else return
    event.preventDefault()
  })
  whole.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-row]")
    if (!cell || event.target.closest("a")) return
    at.row = Number(cell.dataset.row)
    at.column = Number(cell.dataset.column)
    open(at.row, at.column)
  })
  let waiting = false
  const later = () => {
    if (waiting) return
    waiting = true
    requestAnimationFrame(() => {
      waiting = false
      draw()
    })
  }
  whole.addEventListener("scroll", later)
  new ResizeObserver(later).observe(whole)
  return { node: whole, draw }
}
