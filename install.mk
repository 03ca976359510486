# Installing: make install DESTDIR=… PREFIX=… VARIANT=static|appliance INIT=systemd|openrc|none.
#
# What an operator may have written is never overwritten: the files below /etc are installed where
# there are none. Directories that are there keep their owner and mode.

PREFIX ?= /usr
VARIANT ?= static
INIT ?= systemd
sysconfdir ?= /etc
sbindir ?= $(PREFIX)/sbin
mandir ?= $(PREFIX)/share/man
docdir ?= $(PREFIX)/share/doc/mandos
dbuspolicydir ?= $(PREFIX)/share/dbus-1/system.d
unitdir ?= $(PREFIX)/lib/systemd/system
sysusersdir ?= $(PREFIX)/lib/sysusers.d
tmpfilesdir ?= $(PREFIX)/lib/tmpfiles.d
initdir ?= $(sysconfdir)/init.d
bashcompletiondir ?= $(PREFIX)/share/bash-completion/completions
zshcompletiondir ?= $(PREFIX)/share/zsh/vendor-completions

pages := $(wildcard man/*.5 man/*.8 man/*.8mandos)
# $(call page_target,man/X.8mandos): share/man/man8/X.8mandos
page_target = $(DESTDIR)$(mandir)/man$(shell printf '%.1s' '$(subst .,,$(suffix $(1)))')/$(notdir $(1))

# $(call install_text,MODE,FILE,TARGET): with the paths of this installation in it.
install_text = mkdir -p '$(dir $(3))' && sed -e 's,/usr/sbin/mandos,$(sbindir)/mandos,g' \
	-e 's,/etc/\(default\|mandos\)/,$(sysconfdir)/\1/,g' $(2) >'$(3)' && chmod $(1) '$(3)'
# $(call install_once,MODE,FILE,TARGET): unless there is one. It has its mode from the beginning.
install_once = if [ -e '$(3)' ]; then echo 'kept: $(3)'; else install -D -m $(1) $(2) '$(3)'; fi

# mandos-ctl and mandos-monitor of the server in Python, which work with this one, too.
tools = $(wildcard build/tools/mandos-ctl build/tools/mandos-monitor)
tool_pages = $(wildcard build/tools/*.8)

build/static/mandos build/appliance/mandos:
	$(MAKE) $(notdir $(@D))

.PHONY: install install-files uninstall install-systemd install-openrc install-none

install: build/$(VARIANT)/mandos
	$(if $(DESTDIR),,tools/before-install '$(sbindir)')
	$(MAKE) --no-print-directory install-files install-$(INIT)
	$(if $(DESTDIR),,tools/after-install $(INIT) '$(sysusersdir)' '$(tmpfilesdir)' '$(sbindir)')

install-files:
	install -D -m 755 build/$(VARIANT)/mandos '$(DESTDIR)$(sbindir)/mandos'
	mkdir -p '$(DESTDIR)$(sysconfdir)/mandos'
	$(call install_once,644,etc/mandos.conf,$(DESTDIR)$(sysconfdir)/mandos/mandos.conf)
	$(call install_once,600,etc/clients.conf,$(DESTDIR)$(sysconfdir)/mandos/clients.conf)
	$(call install_once,644,etc/default/mandos,$(DESTDIR)$(sysconfdir)/default/mandos)
	install -D -m 644 etc/dbus-1/system.d/mandos.conf '$(DESTDIR)$(dbuspolicydir)/mandos.conf'
	install -D -m 644 DBUS-API.md '$(DESTDIR)$(docdir)/DBUS-API.md'
	install -D -m 644 etc/completion/mandos.bash '$(DESTDIR)$(bashcompletiondir)/mandos'
	install -D -m 644 etc/completion/_mandos '$(DESTDIR)$(zshcompletiondir)/_mandos'
	$(foreach page,$(pages),install -D -m 644 $(page) '$(call page_target,$(page))' &&) true
	$(foreach tool,$(tools),install -D -m 755 $(tool) '$(DESTDIR)$(sbindir)/$(notdir $(tool))' &&) true
	$(foreach page,$(tool_pages),install -D -m 644 $(page) '$(call page_target,$(page))' &&) true

install-systemd:
	$(call install_text,644,etc/systemd/mandos-server.service,$(DESTDIR)$(unitdir)/mandos-server.service)
	$(call install_text,644,etc/systemd/mandos.socket,$(DESTDIR)$(unitdir)/mandos.socket)
	install -D -m 644 etc/sysusers.d/mandos.conf '$(DESTDIR)$(sysusersdir)/mandos.conf'
	install -D -m 644 etc/tmpfiles.d/mandos.conf '$(DESTDIR)$(tmpfilesdir)/mandos.conf'

install-openrc:
	$(call install_text,755,etc/openrc/mandos,$(DESTDIR)$(initdir)/mandos)

install-none: ;

# What stays: the configuration, the saved state, the user.
uninstall:
	$(if $(DESTDIR),,tools/before-uninstall '$(sbindir)' '$(unitdir)')
	rm -f '$(DESTDIR)$(sbindir)/mandos' '$(DESTDIR)$(unitdir)/mandos-server.service' \
		'$(DESTDIR)$(unitdir)/mandos.socket' '$(DESTDIR)$(sysusersdir)/mandos.conf' \
		'$(DESTDIR)$(tmpfilesdir)/mandos.conf' '$(DESTDIR)$(dbuspolicydir)/mandos.conf' \
		'$(DESTDIR)$(docdir)/DBUS-API.md' '$(DESTDIR)$(bashcompletiondir)/mandos' \
		'$(DESTDIR)$(zshcompletiondir)/_mandos' \
		$(foreach page,$(pages) $(tool_pages),'$(call page_target,$(page))') \
		$(foreach tool,$(tools),'$(DESTDIR)$(sbindir)/$(notdir $(tool))')
	if grep -qs '^#!/sbin/openrc-run' '$(DESTDIR)$(initdir)/mandos'; then \
		rm -f '$(DESTDIR)$(initdir)/mandos'; fi
