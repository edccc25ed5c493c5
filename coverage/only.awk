# Which lines of the driver only one scenario reaches.
# Four files, told apart by the variable `part`: the code as objdump -d prints it (part=code), what `iommu-sim coverage
# --blocks` wrote (part=blocks), and the line table as objdump --dwarf=decodedline prints it (part=lines). A block goes from one
# call of the hook to the next; what a function does before its first belongs to that. A line is a scenario's own when no block
# of it is reached by another. Only lines that lcov counts are told (part=info). Prints: scenario, file, line.
function hex(text, n, i) { # mawk reads no hexadecimal
	n = 0
	text = tolower(text)
	sub(/^0x/, "", text)
	for (i = 1; i <= length(text); i++)
		n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return n
}
part == "code" && /^[0-9a-f]+ <.*>:$/ { begins[calls] = 1; call[calls++] = hex($1) + 5; next }
part == "code" { # only calls are given: five bytes each, and the hook sees what follows
	sub(/:$/, "", $1)
	call[calls++] = hex($1) + 5
	next
}
part == "info" && /^SF:/ { path = substr($0, 4); sub(/^.*\/driver\//, "driver/", path); next }
part == "info" && /^DA:/ { counted[path ":" substr($0, 4, index($0, ",") - 4)] = 1; next }
part == "info" { next }
part == "blocks" { # an address in units of four bytes: the call it belongs to ends in one of them
	at = hex($1)
	count[at] = $2
	first[at] = $3
	next
}
# "qi.c   120   0x1234   x": the file's whole path stands in a line of its own above, with a colon behind
part == "lines" && /:$/ { path = substr($0, 1, length($0) - 1); sub(/^CU: /, "", path); sub(/^.*driver\//, "driver/", path); next }
part == "lines" && path ~ /^driver\// && NF >= 3 && $2 ~ /^[0-9]+$/ && $3 ~ /^0x/ {
	at = hex($3)
	low = 0
	high = calls
	while (low < high) { # the last call that ends at or before the row; the call itself belongs to the block
		middle = int((low + high) / 2)
		if (call[middle] <= at + 5)
			low = middle + 1
		else
			high = middle
	}
	low--
	if (low >= 0 && begins[low])
		low++
	if (low < 0 || low >= calls || begins[low])
		next
	block = call[low] - call[low] % 4
	if (!(block in count))
		next
	line = path ":" $2
	if (!(line in counted))
		next
	if (!(line in who))
		who[line] = count[block] == 1 ? first[block] : "-"
	else if (count[block] > 1 || who[line] != first[block])
		who[line] = "-"
}
END {
	for (line in who)
		if (who[line] != "-")
			print who[line], substr(line, 1, index(line, ":") - 1), substr(line, index(line, ":") + 1)
}
