"""The summary of all scripts: as Markdown, with links to the figures, and as one HTML file with the figures inside."""

import base64
import html
import platform
import re
from itertools import groupby
from pathlib import Path

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; font-size: 0.9em; }
th, td { border-bottom: 1px solid #ddd; padding: 0.3em 0.6em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.fails, .error { background: #fde3df; } .error { padding: 0.5em 1em; overflow-x: auto; }
figure { margin: 1.5em 0; } figure svg, figure img { max-width: 100%; height: auto; } figcaption { font-size: 0.9em; color: #555; }
"""


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def row(record):
    """The cells of a row of expected and measured."""
    verdict = "**FAILS**" if record["verdict"] == "FAILS" else record["verdict"]
    return " | ".join([cell(record["row"]), cell(record["expected"]), cell(record["measured"]), verdict])


def processor():
    try:
        names = re.findall(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        names = []
    return names[0].strip() if names else platform.processor() or platform.machine()


def inline(path, number):
    """The svg as an element. Ids are of the whole page there, so each file's get a number."""
    text = path.read_text(encoding="utf-8")
    text = text[text.index("<svg") :]
    for name in set(re.findall(r'\bid=["\']([^"\']+)["\']', text)):
        fresh = f"f{number}-{name}"
        text = re.sub(rf'(\bid=["\']){re.escape(name)}(["\'])', rf"\g<1>{fresh}\g<2>", text)
        text = re.sub(rf"#{re.escape(name)}(?![\w-])", f"#{fresh}", text)
    return text


class Page:
    def __init__(self, scripts, command, seconds):
        self.scripts, self.command, self.seconds = scripts, command, seconds

    def verdict(self):
        rows = sum(len(s.verdicts) for s in self.scripts)
        failed = sum(len(s.failed_rows) for s in self.scripts)
        erred = sum(s.has_erred for s in self.scripts)
        text = f"{rows - failed} of {rows} verdicts hold in {len(self.scripts)} scripts"
        claims = [row for s in self.scripts for row in s.rows if row.get("claim")]
        if claims:
            text += f"; {len(claims)} observations decide nothing, {sum(row['holds'] for row in claims)} of them as expected"
        return text + (f"; {erred} scripts ended with an error" if erred else "")

    def head(self):
        return f"{self.verdict()}. Made by `{self.command}` in {self.seconds:.0f} s on {processor()}."

    def folders(self):
        return groupby(self.scripts, key=lambda s: s.folder)

    def markdown(self):
        lines = ["# Expected and measured", "", self.head(), ""]
        for folder, scripts in self.folders():
            lines += [f"## {folder.replace('_', ' ').capitalize()}", ""]
            for s in scripts:
                lines += [f"### {cell(s.record.get('title', s.name))}", "", f"`Examples/papers/{folder}/{s.name}.lua`, {s.seconds:.0f} s: {s.state}", ""]
                if s.rows:
                    lines += ["| | expected | measured | verdict |", "| --- | --- | --- | --- |", *(f"| {row(r)} |" for r in s.rows), ""]
                for f in s.record.get("figures", []):
                    lines += [f"![{cell(f['caption'])}]({folder}/{f['file']}.svg)", ""]
                    lines += [f"{cell(f['caption'])} ([png]({folder}/{f['file']}.png), [numbers]({folder}/{f['file']}.csv))", ""]
                tables = s.record.get("tables", [])
                if tables:
                    lines += ["Numbers: " + ", ".join(f"[{t['file']}]({folder}/{t['file']})" for t in tables), ""]
                if s.has_erred:
                    lines += ["```text", *s.tail, "```", ""]
        return "\n".join(lines).rstrip() + "\n"

    def html(self, out):
        e, number = html.escape, 0
        parts = [
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>Expected and measured</title><style>{STYLE}</style></head><body><h1>Expected and measured</h1>",
            "<p>" + re.sub(r"`([^`]*)`", r"<code>\1</code>", e(self.head())) + "</p>",
        ]
        for folder, scripts in self.folders():
            parts.append(f"<h2>{e(folder.replace('_', ' ').capitalize())}</h2>")
            for s in scripts:
                parts.append(f"<h3>{e(s.record.get('title', s.name))}</h3><p><code>Examples/papers/{e(folder)}/{e(s.name)}.lua</code>, {s.seconds:.0f} s: {e(s.state)}</p>")
                if s.rows:
                    parts.append("<table><tr><th></th><th>expected</th><th>measured</th><th>verdict</th></tr>")
                    for r in s.rows:
                        row = "".join(f"<td>{e(str(r[key]))}</td>" for key in ("row", "expected", "measured"))
                        parts.append(f"<tr{' class=fails' if r['verdict'] == 'FAILS' else ''}>{row}<td>{e(r['verdict'])}</td></tr>")
                    parts.append("</table>")
                for f in s.record.get("figures", []):
                    number += 1
                    parts.append(f"<figure>{self.picture(out / folder / f['file'], number)}<figcaption>{e(f['caption'])}</figcaption></figure>")
                tables = [self.file(out / folder / t["file"]) for t in s.record.get("tables", [])]
                if tables:
                    parts.append(f"<p>Numbers: {', '.join(tables)}</p>")
                if s.has_erred:
                    parts.append(f"<pre class=error>{e(chr(10).join(s.tail))}</pre>")
        return "\n".join(parts) + "</body></html>\n"

    @staticmethod
    def file(path):
        """A link that holds the file's text."""
        text = base64.b64encode(path.read_bytes()).decode() if path.exists() else ""
        return f'<a download="{html.escape(path.name)}" href="data:text/csv;base64,{text}">{html.escape(path.name)}</a>'

    @staticmethod
    def picture(path, number):
        svg, png = path.with_name(path.name + ".svg"), path.with_name(path.name + ".png")
        if svg.exists():
            return inline(svg, number)
        if png.exists():
            return f'<img alt="" src="data:image/png;base64,{base64.b64encode(png.read_bytes()).decode()}">'
        return "<p>The figure is missing.</p>"
