# What the project needs from Debian's and Ubuntu's packages, in one place; `make deps` installs what is missing and says
# which. Included by the Makefile.
DEPS_BUILD := build-essential pkg-config libncurses-dev libcurl4-openssl-dev libjansson-dev libuv1-dev \
	libsqlite3-dev libyaml-dev libmicrohttpd-dev zlib1g-dev libssl-dev
DEPS_TEST := libcmocka-dev libvterm-dev tmux python3 ncurses-term procps curl jq git
DEPS_CHECK := clang clang-format libclang-rt-dev
DEPS_BENCH := htop btop procps
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# test and check need more than the program does.
DEPS_ALL = $(DEPS_BUILD) $(if $(filter demo,$(MAKECMDGOALS)),,$(DEPS_TEST)) \
	$(if $(filter check fuzz,$(MAKECMDGOALS)),$(DEPS_CHECK)) $(if $(filter bench,$(MAKECMDGOALS)),$(DEPS_BENCH))

deps: ## install missing Debian or Ubuntu packages (root or sudo), saying which
	@SUDO="$(SUDO)" tests/check/deps $(sort $(DEPS_ALL))

have-deps:
	@pkg-config --exists $(PKGS) $(TUI_PKGS) libmicrohttpd 2>/dev/null || { \
	  echo "missing: $$(for p in $(PKGS) $(TUI_PKGS) libmicrohttpd; do pkg-config --exists $$p 2>/dev/null || printf '%s ' $$p; done)"; \
	  echo "run: make deps"; exit 1; }
