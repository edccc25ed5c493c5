# scenarios/README.md as the man page iommu-sim-scenario(5): headings, paragraphs, lists, tables and code, no more.
function text(s) {
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	while (match(s, /\[[^]]*\]\([^)]*\)/)) { # a link is its text
		link = substr(s, RSTART, RLENGTH)
		word = substr(link, 2, index(link, "](") - 2)
		s = substr(s, 1, RSTART - 1) word substr(s, RSTART + RLENGTH)
	}
	while (match(s, /\*\*[^*]*\*\*/))
		s = substr(s, 1, RSTART - 1) "\\fB" substr(s, RSTART + 2, RLENGTH - 4) "\\fR" substr(s, RSTART + RLENGTH)
	while (match(s, /`[^`]*`/))
		s = substr(s, 1, RSTART - 1) "\\fB" substr(s, RSTART + 1, RLENGTH - 2) "\\fR" substr(s, RSTART + RLENGTH)
	sub(/^[.']/, "\\\\\\&&", s)
	return s
}
function plain(s) {
	gsub(/`/, "", s)
	return toupper(s)
}
function close_code() {
	if (code)
		print ".fi\n.RE"
	code = 0
}
BEGIN {
	print ".TH IOMMU\\-SIM\\-SCENARIO 5 \"\" \"iommu\\-sim " version "\" \"File Formats\""
	print ".SH NAME\niommu\\-sim\\-scenario \\- language of the scenarios that iommu\\-sim runs"
	print ".SH DESCRIPTION"
}
/^```/ {
	if (fenced) { close_code(); fenced = 0 } else { print ".PP\n.RS 4\n.nf"; code = 1; fenced = 1 }
	next
}
fenced || /^    [^ ]/ && !list {
	if (!code) { print ".PP\n.RS 4\n.nf"; code = 1 }
	line = $0
	if (!fenced) sub(/^    /, "", line)
	gsub(/\\/, "\\e", line)
	gsub(/-/, "\\-", line)
	if (line ~ /^[.']/) line = "\\&" line
	print line
	next
}
{ close_code() }
/^# / { next }
/^## / { sub(/^## /, ""); print ".SH \"" plain($0) "\""; list = 0; next }
/^### / { sub(/^### /, ""); print ".SS \"" text($0) "\""; list = 0; next }
/^\|[-|]*$/ { next }
/^\|/ {
	n = split($0, cell, / *\| */)
	getline below
	if (below ~ /^\|[-|]*$/) next # the head of a table
	row($0)
	if (below ~ /^\|/) row(below)
	else if (below == "") print ".PP"
	else print text(below)
	next
}
function row(s, c, n, i) {
	sub(/^\| */, "", s)
	sub(/ *\|$/, "", s)
	gsub(/\\\|/, "\001", s)
	n = split(s, c, / +\| +/)
	for (i = 1; i <= n; i++) gsub(/\001/, "|", c[i])
	print ".TP\n" text(c[1])
	for (i = 2; i <= n; i++) printf("%s%s", (i == 2 ? "" : i == 3 && n > 3 ? ", " : ": "), text(c[i]))
	print ""
}
/^- / { sub(/^- /, ""); print ".IP \\(bu 2\n" text($0); list = 1; next }
/^$/ { if (!list) print ".PP"; list = 0; next }
{ print text($0) }
END { close_code(); print ".SH SEE ALSO\n.BR iommu\\-sim (1),\n.BR dtc (1)" }
