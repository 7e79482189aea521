# The IMI Gateway. Two commands matter: `make demo` and `make test`.
#
#   make demo           installs what is missing, builds, starts the whole network, plays the stories, stays up
#   make demo ONCE=1    the same, but ends by itself; exits 0 only if every story went as told
#   make test           everything: lints, unit tests, scenarios against a real broker and real stores
#   make bench          throughput against a bare relay, latency, memory; writes .run/bench.json
#   make clean          ends what still runs under .run/, and removes it and target/

CARGO ?= cargo
BIN := target/release

.PHONY: demo test bench build lint clean deps test-deps

demo: deps build
	$(BIN)/simulator demo $(if $(ONCE),--once)

bench: deps build
	$(BIN)/simulator load --bench

test: deps test-deps lint build
	$(CARGO) test --release --workspace --locked

build:
	$(CARGO) build --release --workspace --bins --locked

# rustfmt and clippy are not part of every installation of cargo; where they are, they must be content.
lint:
	@if $(CARGO) fmt --version >/dev/null 2>&1; then $(CARGO) fmt --all --check; fi
	@if $(CARGO) clippy --version >/dev/null 2>&1; then \
	  $(CARGO) clippy --release --workspace --all-targets --locked --quiet -- -D warnings; fi

deps:
	@config/broker/install.sh

test-deps:
	@config/postgres/cluster.sh install
	@tests/clients/install.sh .run/clients

clean:
	@find .run -path '*/broker/pid' 2>/dev/null | while read -r pid; do config/broker/node.sh stop "$$(dirname "$$pid")"; done
	rm -rf .run
	$(CARGO) clean
