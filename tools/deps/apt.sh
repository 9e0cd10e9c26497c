# shellcheck shell=bash
# Sourced by fetch and fetch_packages: apt with a state of its own, in DL_DIR,
# so that the machine's settings are not touched.

# The mirror that the machine uses already for SUITE; the security archive is
# one of its own.
# usage: apt_mirror SUITE
apt_mirror() {
	local kind=v
	[ "${1%-security}" = "$1" ] || kind=
	# $(REPO_URI) is apt's to expand.
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' 'Component: main' |
		grep -${kind}e '-security' | sort -u | head -n 1
}

# usage: apt_own STATE COMMAND ARGUMENT...
apt_own() {
	local state=$1
	shift
	"$1" -o Dir::State::lists="$state/lists" -o Dir::State::status=/dev/null \
		-o Dir::Cache="$state/cache" -o Dir::Etc::sourcelist=/dev/null \
		-o Dir::Etc::sourceparts="$state/sources" \
		-o Acquire::Languages=none -o APT::Sandbox::User=root \
		-o Dir::Etc::parts=/dev/null "${@:2}"
}

# usage: apt_index STATE SUITE deb-src | apt_index STATE SUITE deb ARCHITECTURE
apt_index() {
	local state=$1
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial" \
		"$state/sources"
	{
		printf '%s\n' "Types: $3" "URIs: $(apt_mirror "$2")" "Suites: $2" \
			'Components: main'
		[ -z "${4:-}" ] || printf '%s\n' "Architectures: $4"
		echo 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg'
	} >"$state/sources/own.sources"
	apt_own "$state" apt-get ${4:+-o APT::Architecture="$4"} \
		${4:+-o APT::Architectures="$4"} -qq update >&2
}
