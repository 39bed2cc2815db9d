# Two commands: `make run` and `make test`. `make help` lists the rest. Each sets up what it needs first (scripts/setup).

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run build test watch bench soak soak-keeper setup setup-test format format-check lint-server lint-browser docs unit \
        release end2end pictures replaced

# What scripts/setup found: the Rust toolchain, and where the build tools are.
with-tools := . .tools/env &&
# What `make run` and `make watch` hand to `greentick demo`, as in `make run ARGS='--port 8400'`.
ARGS ?=
# What the release build is made of, folders too, since a file may be gone. cargo-leptos makes the browser's side anew
# each time it is asked, and the server that embeds it: so it is asked only when one of these is newer.
SOURCES = $(shell find Cargo.toml Cargo.lock migrations networks public src style -not -path 'src/tests*')
# `cargo bench` leaves its own binary in the same place, whose HTML does not fit the browser's side (erase_components).
REPLACED = $(shell test target/release/greentick -ef target/release/.made || echo replaced)

help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: build ## Build, and start the demo with its sandbox networks (ARGS='--port 8400')
	@$(with-tools) exec target/release/greentick demo $(ARGS)

build: ## Build target/release/greentick, which holds its site and runs from any folder
	@scripts/steps setup release

test: ## Set up and run everything below, in this order
	@scripts/steps setup-test format-check lint-server lint-browser docs unit release end2end

setup: ## Set up what building needs
	@scripts/setup build

setup-test: ## Set up what building and testing need
	@scripts/setup test

format-check: .tools/env ## Check the format
	@$(with-tools) cargo fmt --all --check

lint-server: .tools/env ## Clippy for the server
	@$(with-tools) cargo clippy --workspace --all-targets -- -D warnings

lint-browser: .tools/env ## Clippy for the browser
	@$(with-tools) cargo clippy --lib --target wasm32-unknown-unknown --no-default-features --features hydrate -- -D warnings

docs: .tools/env ## Documentation without warnings
	@$(with-tools) RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items

# Three times as many at once as there are processors: most of them wait, for a network, a clock or a server that starts.
unit: .tools/env ## Tests of the server and of what both sides share
	@$(with-tools) RUST_TEST_THREADS=$${RUST_TEST_THREADS:-$$((3 * $$(nproc)))} cargo test --workspace

release: target/release/.made ## The release build, for the server and the browser
	@echo "target/release/greentick is up to date"

target/release/.made: .tools/choice $(SOURCES) $(REPLACED)
	@$(with-tools) cargo leptos build --release --precompress
	@ln -f target/release/greentick $@ && touch $@

end2end: ## Tests in a real browser, of the release build
	@$(with-tools) cd end2end && npx tsc --noEmit && npx playwright test $(TESTS)

pictures: ## Take the README's pictures anew
	@$(with-tools) cd end2end && UPDATE_PICTURES=1 npx playwright test page.spec.ts --grep picture

bench: ## Measure the release build, each number with its limit
	@scripts/steps setup-test release
	@$(with-tools) node benches/bench.mjs
	@$(with-tools) cargo bench --bench keeper
	@$(with-tools) scripts/with-postgres cargo bench --bench keeper

soak: ## Random bytes for every reader of foreign bytes, a minute each (SOAK_SECONDS=60), the long forms of the keeper's tests, all of Firefox's tests
	@scripts/setup soak
	@$(with-tools) scripts/soak
	@$(MAKE) --no-print-directory soak-keeper
	@scripts/steps setup-test release
	@$(with-tools) cd end2end && ALL_CELLS=1 npx playwright test --project=firefox && ALL_CELLS=1 npx playwright test --project=chromium matrix

# With optimisation: a server that starts in a tenth of the time can be killed ten times as often.
soak-keeper: .tools/env ## 10,000 kills on each database (KILLS), at every call, six hours without a network (OUTAGE), 10,000 races (INTERLEAVINGS)
	@$(with-tools) KILLS=$${KILLS:-5000} KILLS_WITHOUT_COURIER=500 cargo test --release --lib tests::kills
	@$(with-tools) EVERY_CALL=1 cargo test --release --lib tests::dying
	@$(with-tools) OUTAGE=$${OUTAGE:-100000} OUTAGE_RATE=$${OUTAGE_RATE:-100} INTERLEAVINGS=$${INTERLEAVINGS:-10000} cargo test --release --lib tests::outage tests::races

watch: setup ## The demo, rebuilt and reloaded on every change
	@$(with-tools) exec cargo leptos watch -- demo $(ARGS)

format: .tools/env ## Format the code
	@$(with-tools) cargo fmt --all

.tools/env: scripts/setup Cargo.lock
	@scripts/setup build

# What of .tools/env a build hangs on; only as new as the last choice of other tools.
.tools/choice: .tools/env ;
