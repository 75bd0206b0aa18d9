/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scripts that let a shell ask `strain --complete`. */
#include <string.h>

#include "commands/complete.h"
#include "commands/doc.h"

static const struct {
	const char *shell, *script;
} scripts[] = {
	{ "bash",
	  "# SPDX-License-Identifier: GPL-2.0-or-later\n"
	  "_strain()\n"
	  "{\n"
	  "\tlocal word rest before i files=\n"
	  "\tlocal -a words=()\n"
	  "\tCOMPREPLY=()\n"
	  "\t# bash makes words of their own of what stands around a ':'\n"
	  "\tfor ((i = 1; i <= COMP_CWORD; i++)); do\n"
	  "\t\tif ((i > 1)) && [[ ${COMP_WORDS[i]} == : || ${COMP_WORDS[i - 1]} == : ]]; then\n"
	  "\t\t\twords[-1]+=${COMP_WORDS[i]}\n"
	  "\t\telse\n"
	  "\t\t\twords+=(\"${COMP_WORDS[i]}\")\n"
	  "\t\tfi\n"
	  "\tdone\n"
	  "\t[[ $COMP_WORDBREAKS == *:* ]] && before=${words[-1]%\"${words[-1]##*:}\"}\n"
	  "\twhile IFS=$'\\t' read -r word rest; do\n"
	  "\t\tif [[ $word == " COMPLETE_FILES " ]]; then\n"
	  "\t\t\tfiles=yes\n"
	  "\t\telse\n"
	  "\t\t\tCOMPREPLY+=(\"${word#\"$before\"}\")\n"
	  "\t\tfi\n"
	  "\tdone < <(\"${COMP_WORDS[0]}\" --complete \"${words[@]}\" 2>/dev/null)\n"
	  "\t[[ $files ]] || return 0\n"
	  "\tcompopt -o default\n"
	  "\t((${#COMPREPLY[@]})) || return 0\n"
	  "\tcompopt -o filenames\n"
	  "\twhile read -r word; do\n"
	  "\t\tCOMPREPLY+=(\"${word#\"$before\"}\")\n"
	  "\tdone < <(compgen -f -- \"${words[-1]}\")\n"
	  "}\n"
	  "complete -F _strain strain\n" },
	{ "zsh",
	  "#compdef strain\n"
	  "# SPDX-License-Identifier: GPL-2.0-or-later\n"
	  "_strain()\n"
	  "{\n"
	  "\tlocal -a found\n"
	  "\tlocal line word\n"
	  "\tfor line in ${(f)\"$($words[1] --complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)\"}; do\n"
	  "\t\tword=${line%%$'\\t'*}\n"
	  "\t\tif [[ $word == " COMPLETE_FILES " ]]; then\n"
	  "\t\t\t_files\n"
	  "\t\telse\n"
	  "\t\t\tfound+=(\"${word//:/\\\\:}:${line#*$'\\t'}\")\n"
	  "\t\tfi\n"
	  "\tdone\n"
	  "\t_describe strain found\n"
	  "}\n"
	  "_strain \"$@\"\n" },
	{ "fish",
	  "# SPDX-License-Identifier: GPL-2.0-or-later\n"
	  "function __strain_complete\n"
	  "\tset -l words (commandline -opc) (commandline -ct)\n"
	  "\tset -l found ($words[1] --complete $words[2..-1] 2>/dev/null)\n"
	  "\tif contains -- " COMPLETE_FILES " $found\n"
	  "\t\t__fish_complete_path (commandline -ct)\n"
	  "\tend\n"
	  "\tstring match -v -- " COMPLETE_FILES " $found\n"
	  "end\n"
	  "complete -c strain -f -a '(__strain_complete)'\n" },
};

const char *doc_completion(const char *shell)
{
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
		if (!strcmp(scripts[i].shell, shell))
			return scripts[i].script;
	return NULL;
}
