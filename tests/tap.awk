# SPDX-License-Identifier: GPL-2.0-or-later
# Reads the TAP of one test and judges it: prints what a person wants to see
# of it and, in the file `counts`, passed, failed and skipped.
#	awk -v name=NAME -v rc=STATUS -v limit=SECONDS -v counts=FILE -f tap.awk LOG

function complain(text) {
	failed++
	print "     " text
}

/^1\.\.[0-9]+/ {
	plans++
	planned += substr($1, 4)
	if (planned == 0 && toupper($0) ~ /# *SKIP/) {
		skipped++
		sub(/.*# *[Ss][Kk][Ii][Pp][: ]*/, "")
		print "     skipped: " $0
	}
	next
}

/^(not )?ok([ \t]|$)/ {
	seen++
	telling = 0
	if (toupper($0) ~ /# *SKIP/) {
		skipped++
		sub(/^(not )?ok */, "")
		print "     skipped: " $0
	} else if (/^ok/) {
		passed++
	} else {
		bad++
		complain($0)
		telling = 1
	}
	next
}

/^Bail out!/ {
	complain($0)
	bad++
}

sub(/^# cost: /, "") || telling || /Sanitizer|runtime error:/ {
	print "     " $0
}

END {
	if (rc == 124 || rc == 137)
		complain("still running after " limit " s, ended")
	else if (!plans)
		complain("no plan (1..N), exit status " rc ": ended early")
	else if (planned != seen)
		complain("planned " planned " checks, made " seen)
	else if (rc != 0 && !bad)
		complain("exit status " rc " without a failed check")
	print passed + 0, failed + 0, skipped + 0 >counts
}
