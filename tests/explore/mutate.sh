#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes a copy of the headers that contains all mutants at once, and the table of their names, by which a program
# chooses one when it starts: mutate.sh <include> <output> <list>...
#   <output>/include      the headers, with  if (mutant 3 is chosen) { new } else { old }
#   <output>/mutants.cpp  the names
# A list consists of calls of the three functions below. A mutant that does not apply is in the table, too, with the
# reason: the test that is to kill it then fails for it, and says so.
set -euo pipefail

readonly kInclude=$1 kOutput=$2
shift 2

names=()
problems=()
scenarios=()
scenario= # of those that follow: in which scenarios to hunt them; everywhere, if it is empty

# mutant <name> <header> <old statements> <new statements>
mutant() { apply "$1" "$2" "$3" "if (::explore::is_mutant(%d)) { $4 } else { $3 }"; }

# mutant_value <name> <header> <old expression> <new expression>
mutant_value() { apply "$1" "$2" "$3" "(::explore::is_mutant(%d) ? ($4) : ($3))"; }

# weaker <name> <header> <old text, with an expression in {{ }}, and in that the order between two @> <new order>
# Not by one expression with a choice of orders: GCC does not instrument those whose order is no constant.
weaker() {
    local before=${3%%'{{'*} expression=${3#*'{{'} after
    after=${expression#*'}}'}
    expression=${expression%%'}}'*}
    local old=${expression//@/} new=${expression%%@*}$4${expression##*@}
    apply "$1" "$2" "$before$old$after" "$before(::explore::is_mutant(%d) ? ($new) : ($old))$after"
}

apply() {
    local name=$1 header=parking_lot/$2 old=$3 replacement=${4/'%d'/${#names[@]}} original text problem=
    if [[ -e $kInclude/$header ]]; then
        original=$(<"$kInclude/$header")
        text=$(<"$kOutput/include/$header")
        if [[ $original != *"$old"* ]]; then
            problem="$2 does not contain this: $old"
        elif [[ $original == *"$old"*"$old"* ]]; then
            problem="$2 contains this more than once: $old"
        elif [[ $text != *"$old"* ]]; then
            problem="an earlier mutant changes part of this; list it before that one: $old"
        else # the last one: of mutants of the same place each is in the "else" of the one before
            printf '%s\n' "${text%"$old"*}$replacement${text##*"$old"}" >"$kOutput/include/$header"
        fi
    else
        problem="there is no $2"
    fi
    names+=("$name")
    problems+=("$problem")
    scenarios+=("$scenario")
}

# The body of a string literal.
escaped() {
    local text=${1//\\/\\\\}
    text=${text//\"/\\\"}
    printf '%s' "${text//$'\n'/\\n}"
}

rm -rf "$kOutput/include"
mkdir -p "$kOutput"
cp -r "$kInclude" "$kOutput/include"
for list in "$@"; do
    # shellcheck source=/dev/null
    source "$list"
done

# Every header includes this one.
printf '\nnamespace explore {\nbool is_mutant(int number) noexcept;\n}\n' \
    >>"$kOutput/include/parking_lot/detail/config.hpp"
{
    echo '#include "explore/mutant.hpp"'
    echo 'namespace explore {'
    echo 'const std::vector<Mutant>& mutants() {'
    echo '    static const std::vector<Mutant> all{'
    for i in "${!names[@]}"; do
        printf '        {"%s", "%s", "%s"},\n' "${names[i]}" "$(escaped "${problems[i]}")" "${scenarios[i]}"
    done
    echo '    };'
    echo '    return all;'
    echo '}'
    echo '}  // namespace explore'
} >"$kOutput/mutants.cpp"
