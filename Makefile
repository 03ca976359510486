# What each target is for: make help.

SWIFT ?= swift
CC ?= cc

# Asked once, and first, so that a missing compiler is the first thing said. Root may have none, and
# needs none to install what is built.
target_info := $(shell $(SWIFT)c -print-target-info 2>/dev/null)
needs_no_compiler := help clean install install-files install-systemd install-openrc install-none \
	uninstall python-tools
ifeq ($(target_info)$(and $(MAKECMDGOALS),$(if $(filter-out $(needs_no_compiler),$(MAKECMDGOALS)),,none)),)
$(error no Swift compiler found; version 6.2 or newer is needed: https://www.swift.org/install)
endif
# $(call target_value,KEY): what stands in its JSON as "KEY": "VALUE".
target_value = $(shell printf '%s' '$(target_info)' | sed -n 's/.*"$(1)": "\([^"]*\)".*/\1/p')
triple := $(call target_value,unversionedTriple)
swift_resources := $(call target_value,runtimeResourcePath)

# Position-independent by default; all relocations are done before main and then read-only.
hardening := -Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now
small := -Xlinker --gc-sections -Xlinker -s

# Swift's list of libraries says -lstdc++, on which -static-libstdc++ has no effect. A directory
# that has nothing but the static one, and is searched first, has.
static_libraries := .build-static/static-libraries
static_flags := --static-swift-stdlib --scratch-path .build-static -Xswiftc -Osize \
	-Xswiftc -L$(CURDIR)/$(static_libraries) \
	-Xswiftc -Xclang-linker -Xswiftc -static-libgcc $(hardening) $(small)

# String comparison needs the Unicode tables, which the Embedded mode does not link by itself.
unicode_tables := $(swift_resources)/embedded/$(triple)/libswiftUnicodeDataTables.a
appliance_flags := --scratch-path .build-appliance \
	-Xlinker $(unicode_tables) -Xlinker -lm $(hardening) $(small)

benchmarks := $(addprefix Benchmarks/,compare soak bus discovery micro hostile $(notdir $(wildcard Benchmarks/*.bash)))

.PHONY: all static python-tools appliance micro check check-long check-asan check-system check-bench package bench \
	soak demo format lint clean help

all: static appliance

help:
	@printf '%s\n' \
	'make all         both binaries below' \
	'make static      build/static/mandos: normal Swift, its library linked in' \
	'make appliance   build/appliance/mandos: the same sources in Embedded Swift, small' \
	'make install     with DESTDIR, PREFIX, VARIANT=appliance, INIT=openrc; make uninstall' \
	'make demo        fetch a password with the real mandos-client, on this machine' \
	'make check       install what tests need, build both, run all tests' \
	'make check-long the same, with 10 000 crashes and every damage' \
	'make check-system  boot machines with it: systemd, an encrypted disk (as root)' \
	'make package     build/package/mandos-server_VERSION_ARCHITECTURE.deb' \
	'make check-asan  run the tests with the address sanitizer' \
	'make bench       compare with other servers; writes Benchmarks/RESULTS.md; more' \
	'make check-bench the tests of mandos-bench' \
	'make soak        an hour of mixed load; MINUTES=10 for less' \
	'make lint        swift format lint, manual pages, shell scripts' \
	'make format      let swift format rewrite the sources' \
	'make clean       remove everything built'

static: $(static_libraries)/libstdc++.a
	$(SWIFT) build -c release --product mandos $(static_flags)
	@install -D -C .build-static/release/mandos build/static/mandos
	@[ -e build/tools/mandos-ctl ] || tools/python-tools build/tools || \
		echo 'without mandos-ctl and mandos-monitor, see tools/python-tools' >&2

# Done by “make static”, too, where it can be.
python-tools:
	tools/python-tools build/tools

build/tools/mandos-ctl:
	tools/python-tools $(@D)

$(static_libraries)/libstdc++.a:
	mkdir -p $(@D)
	ln -sf "$$($(CC) -print-file-name=libstdc++.a)" $@

# What the tests of costs and Benchmarks/micro run: of the same objects as the binary.
micro: static
	$(SWIFT) build -c release --product mandos-micro $(static_flags)
	@install -D -C .build-static/release/mandos-micro build/static/mandos-micro

appliance:
	MANDOS_EMBEDDED=1 $(SWIFT) build -c release --product mandos $(appliance_flags)
	@install -D -C .build-appliance/release/mandos build/appliance/mandos

include install.mk

# Of a copy, since dpkg-buildpackage leaves files beside and in the tree that it builds.
package:
	tools/build-package

check:
	tools/check

# 10 000 crashes of each kind instead of 200, every damage, a million packets.
check-long:
	CRASH_ROUNDS=10000 EVERY_DAMAGE=1 TRUST_SEQUENCES=10000 FUZZ_SECONDS=300 tools/check

check-system:
	tools/check-system

demo:
	tools/demo

# The leak detector reports the test runner's own.
check-asan:
	ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --sanitize=address --scratch-path .build-asan

bench: all
	@status=0; for script in compare micro bus discovery; do \
		Benchmarks/$$script || status=1; echo; done; exit $$status

check-bench:
	$(SWIFT) test --package-path Benchmarks

soak: all
	Benchmarks/soak $(MINUTES)

format:
	$(SWIFT) format -i -r Package.swift Sources Tests Benchmarks/Package.swift \
		Benchmarks/Sources Benchmarks/Tests

lint:
	$(SWIFT) format lint --strict -r Package.swift Sources Tests Benchmarks/Package.swift \
		Benchmarks/Sources Benchmarks/Tests
	tools/lint-manual-pages man/*
	for script in tools/* .ci/run Tests/rig/*-rig Tests/rig/luks-vm Tests/Machine/*.bash \
		etc/completion/mandos.bash $(benchmarks); do bash -n "$$script" || exit 1; done

clean:
	rm -rf build .build .build-*/ Benchmarks/.build
