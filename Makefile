# make alone prints help.
GO ?= go
CI ?=
BIN := bin/examcode
TEMPL := $(GO) run github.com/a-h/templ/cmd/templ@v0.3.977
TESTS ?= ./...

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build:  ## build bin/examcode, one static file
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o $(BIN) ./cmd/examcode

run: build  ## start the demo on http://127.0.0.1:8080
	./$(BIN) demo $(ARGS)

test: tools  ## everything: both engines, races, a real browser; installs PostgreSQL and Chromium when missing
	CI=1 $(GO) vet ./...
	CI=1 ./tools/test.sh $(TESTS)

race: tools  ## everything with the race detector; takes long
	CI=1 RACE=all ./tools/test.sh $(TESTS)

check: generated test  ## what CI runs: generated files are current, then test

quick:  ## the tests without the race detector and without the browser
	$(GO) test -short ./...

tools:
	./tools/need.sh

generate:  ## write the templates' Go files anew
	$(TEMPL) generate -path internal/web

generated: generate
	@git diff --exit-code --stat -- '*_templ.go' || (echo "generated files were not current: commit them" && false)

vendor-web:  ## re-create the vendored style sheets and scripts from their npm packages
	./tools/vendor-web.sh

prove: tools  ## try for MINUTES (60) to break every promise, on both engines; one line for each harness
	CI=1 ./tools/prove.sh $(or $(MINUTES),60)

bench: tools build  ## measure the speed on both engines, as ratios: CODES=1000000 ROUNDS=5 ONLY=REGEXP JSON=1
	./tools/bench.sh

bench-peers: build  ## measure beside PocketBase and excelize: CODES=1000000 ROUNDS=5 ONLY=REGEXP JSON=1
	cd bench/peers/pocketbase && CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o ../../../bin/pocketbase .
	$(GO) build -o bin/peers ./bench/peers
	./bin/peers --codes $(or $(CODES),1000000) --rounds $(or $(ROUNDS),5) --only "$(ONLY)" $(if $(JSON),--json) $(if $(TMPDIR),--dir $(TMPDIR))

fuzz:  ## give the parsers of outside input random bytes for SECONDS (300), shared by all targets
	./tools/fuzz.sh $(or $(SECONDS),300)

mutants: tools  ## look for a test that misses each new guard: MUTANTS=REGEXP MUTANTS_IN="internal/PACKAGE[:TESTS] …"
	CI=1 MUTANTS="$(or $(MUTANTS),.)" MUTANTS_IN="$(MUTANTS_IN)" $(GO) test -tags mutants -timeout 10h -v -run TestDiscover ./internal/proof/mutant

export-check: tools  ## export 200,000 codes on both engines, open them in LibreOffice, print rows, seconds and memory
	$(GO) test -tags exportcheck -timeout 30m -run TestS20_ManyRows -v ./internal/export

export-memory: tools build  ## draw docs/images/export-memory.svg: memory while CODES (1000000) rows are exported, both engines
	SAMPLES=bin ROUNDS=1 ONLY='^export' ./tools/bench.sh
	$(GO) run ./bench/chart bin/export-sqlite.csv bin/export-postgres.csv > docs/images/export-memory.svg

flat-check: tools  ## what pages cost beside one look-up, with a tenth of FLAT_CODES (1000000) and with all; both engines
	FLAT_CODES=$(FLAT_CODES) $(GO) test -tags flatcheck -timeout 60m -run TestFlat -v ./internal/store

golden:  ## write the golden files anew, after looking at why they differ
	$(GO) test ./internal/exam ./internal/mail -update

.PHONY: bench bench-peers mutants help build run test race check quick tools generate generated vendor-web prove fuzz export-check export-memory flat-check golden
