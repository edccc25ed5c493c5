# Bash completion for iommu-sim. Commands and options are those that --help prints, so that none is missing here.
# Installed as share/bash-completion/completions/iommu-sim, or: source docs/completion/iommu-sim.bash

_iommu_sim() {
	local program=$1 word=$2 before=$3 command=${COMP_WORDS[1]} file kind
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$program" --help 2>/dev/null |
			sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p') --help --version" -- "$word")
		return
	fi
	case $before in
	--format)
		kind=$("$program" "$command" --help 2>/dev/null | sed -n '/--format/,/^ *-/p' | head -n 2 |
			grep -oE '\b(pretty|tap|junit|json|text|dot|man)\b')
		mapfile -t COMPREPLY < <(compgen -W "$kind" -- "$word")
		return
		;;
	--backend)
		mapfile -t COMPREPLY < <(compgen -W "sim qemu" -- "$word")
		return
		;;
	esac
	case $word in
	-*)
		mapfile -t COMPREPLY < <(compgen -W "$("$program" "$command" --help 2>/dev/null |
			grep -oE '(^|[ ,])--?[a-z][a-z-]*' | tr -d ' ,')" -- "$word")
		;;
	*'#'*) # a permutation: FILE#ID
		file=${word%%#*}
		mapfile -t COMPREPLY < <(compgen -W "$("$program" list --permutations "$file" 2>/dev/null | cut -f1)" -- "$word")
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	esac
}

complete -o filenames -F _iommu_sim iommu-sim build/iommu-sim
