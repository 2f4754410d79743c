#include "tools/manual/man_page.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/base/version.h"
#include "server/config/file_keys.h"
#include "server/config/preferences.h"
#include "server/config/toml_text.h"

namespace sluice::manual {
namespace {

// Text in which nothing is a request or an escape, and hyphens are what one types.
std::string Escaped(absl::string_view text) {
  std::string escaped = absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}});
  if (absl::StartsWith(escaped, ".") || absl::StartsWith(escaped, "'")) {
    escaped.insert(0, "\\&");
  }
  return absl::StrReplaceAll(escaped, {{"\n.", "\n\\&."}, {"\n'", "\n\\&'"}});
}

class Page {
 public:
  Page(absl::string_view name, int section, absl::string_view what) {
    absl::StrAppend(&text_, ".TH ", Escaped(name), " ", section, " \"\" \"Sluice ", base::kVersion,
                    "\"\n");
    Section("NAME");
    absl::StrAppend(&text_, Escaped(name), " \\- ", Escaped(what), "\n");
  }

  void Section(absl::string_view title) { absl::StrAppend(&text_, ".SH ", title, "\n"); }
  void Subsection(absl::string_view title) {
    absl::StrAppend(&text_, ".SS \"", Escaped(title), "\"\n");
  }
  void Paragraph(absl::string_view text) { absl::StrAppend(&text_, ".PP\n", Escaped(text), "\n"); }
  // A term and its explanation.
  void Item(absl::string_view term, absl::string_view argument, absl::string_view help) {
    absl::StrAppend(&text_, ".TP\n\\fB", Escaped(term), "\\fR");
    if (!argument.empty()) absl::StrAppend(&text_, " \\fI", Escaped(argument), "\\fR");
    absl::StrAppend(&text_, "\n", Escaped(help), "\n");
  }
  void Example(absl::string_view text) {
    absl::StrAppend(&text_, ".PP\n.nf\n", Escaped(text), "\n.fi\n");
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

// A full stop behind what has none.
std::string Sentence(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

void AddOptions(Page& page, const CommandLine& command) {
  for (const Option& option : command.options) {
    if (option.name == "--help" && command.name != "sluicectl" && command.name != "sluiced") {
      continue;
    }
    std::string help = Sentence(option.help);
    if (!option.default_value.empty()) absl::StrAppend(&help, " Default: ", option.default_value);
    page.Item(option.name, option.placeholder, help);
  }
}

std::string Synopsis(const CommandLine& command, const std::string& path) {
  std::string line = path;
  for (const Option& option : command.options) {
    if (option.name == "--help" || option.name == "--version") continue;
    const std::string one = absl::StrCat(
        option.name, option.placeholder.empty() ? "" : absl::StrCat(" ", option.placeholder),
        option.repeated ? " ..." : "");
    absl::StrAppend(&line, option.required ? absl::StrCat(" ", one) : absl::StrCat(" [", one, "]"));
  }
  return line;
}

void AddCommands(Page& page, const CommandLine& command, const std::string& path) {
  for (const CommandLine& below : command.commands) {
    const std::string name = path.empty() ? below.name : absl::StrCat(path, " ", below.name);
    if (!below.commands.empty()) {
      AddCommands(page, below, name);
      continue;
    }
    page.Subsection(Synopsis(below, name));
    page.Paragraph(Sentence(below.help));
    AddOptions(page, below);
  }
}

void AddKey(Page& page, absl::string_view key, absl::string_view type, absl::string_view more,
            absl::string_view help) {
  page.Item(key, type, absl::StrCat(Sentence(std::string(help)), more));
}

std::string DefaultOf(const config::PreferenceRow& row) {
  Preferences preferences;
  SharePreferences share;
  return config::TomlValue(row, row.get({preferences, &share}));
}

void AddPreference(Page& page, const config::PreferenceRow& row) {
  const absl::string_view key = row.of_share ? row.name : row.name.substr(row.name.find('.') + 1);
  AddKey(
      page, key, config::TomlValidValues(row),
      absl::StrCat(" Default: ", DefaultOf(row), ". Applies to: ", config::Name(row.applies), "."),
      row.help);
}

bool InSection(const config::PreferenceRow& row, absl::string_view section) {
  if (row.of_share) return section == "share";
  return row.name.substr(0, row.name.find('.')) == section;
}

std::vector<std::string> Sections() {
  std::vector<std::string> sections;
  const auto add = [&sections](absl::string_view section) {
    if (section == "share") return;
    if (std::find(sections.begin(), sections.end(), section) == sections.end()) {
      sections.emplace_back(section);
    }
  };
  for (const config::FileKey& key : config::FileKeys()) add(key.section);
  for (const config::PreferenceRow& row : config::PreferenceTable()) {
    if (!row.of_share) add(row.name.substr(0, row.name.find('.')));
  }
  sections.emplace_back("share");
  return sections;
}

}  // namespace

std::string DaemonPage(const CommandLine& program) {
  Page page("sluiced", 8, "serves directories over SMB 2 and 3");
  page.Section("SYNOPSIS");
  page.Paragraph(Synopsis(program, "sluiced"));
  page.Section("DESCRIPTION");
  page.Paragraph(
      "sluiced serves the shares that its configuration file names, see sluice.toml(5), until it "
      "is told to end. sluicectl(1) administers it while it runs.");
  page.Section("OPTIONS");
  AddOptions(page, program);
  page.Section("SIGNALS");
  page.Item("SIGTERM, SIGINT", "",
            "New connections are refused, requests that have begun are answered, then the gateway "
            "ends. A second one ends it at once.");
  page.Item("SIGHUP", "",
            "The configuration file is read again: what can be applied is, the rest is logged, and "
            "a mistake in it changes nothing. The log and the audit log are opened again.");
  page.Item("SIGUSR1", "",
            "The log and the audit log are opened again, for whoever has renamed their files.");
  page.Section("ENVIRONMENT");
  page.Item("NOTIFY_SOCKET, WATCHDOG_USEC", "",
            "A service manager that wants to know that the gateway is ready, and that it lives.");
  page.Item("LISTEN_FDS, LISTEN_PID", "",
            "Sockets that a service manager has bound; they take the place of [server] listen.");
  page.Section("PRIVILEGES");
  page.Paragraph(
      "Once its sockets are bound sluiced keeps no capability but those that take it to the rights "
      "of its users and to its shares (SETUID, SETGID, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, "
      "CHOWN, FSETID), cannot gain others, and cannot execute programs. Files are reached with the "
      "rights of the user who is logged on. Without SETUID and SETGID everything is done with the "
      "rights of the process.");
  page.Section("EXIT STATUS");
  page.Item("0", "", "It was told to end and has.");
  page.Item("1", "", "It cannot serve; standard error says why.");
  page.Item("2", "", "The command line or the configuration is wrong; standard error says where.");
  page.Section("SEE ALSO");
  page.Paragraph("sluicectl(1), sluice.toml(5)");
  return page.Take();
}

std::string ControlPage(const CommandLine& program) {
  Page page("sluicectl", 1, "administers a running sluiced");
  page.Section("SYNOPSIS");
  page.Paragraph(absl::StrCat(Synopsis(program, "sluicectl"), " COMMAND ..."));
  page.Section("DESCRIPTION");
  page.Paragraph(
      "sluicectl asks a running sluiced(8), or tells it, over its control socket. Answers are for "
      "people; with --json they are for programs.");
  page.Section("OPTIONS");
  AddOptions(page, program);
  page.Section("COMMANDS");
  AddCommands(page, program, "");
  page.Section("EXIT STATUS");
  page.Item("0", "", "Done.");
  page.Item(
      "1", "",
      "The gateway refused or failed; nothing has changed, unless it did not answer in time.");
  page.Item("2", "", "The command line is wrong.");
  page.Item("3", "", "No gateway answers on the socket.");
  page.Section("SEE ALSO");
  page.Paragraph("sluiced(8), sluice.toml(5)");
  return page.Take();
}

std::string ConfigurationPage() {
  Page page("sluice.toml", 5, "configuration of sluiced");
  page.Section("DESCRIPTION");
  page.Paragraph(
      "The file that sluiced(8) reads at its start, in TOML. Every key has its section; an unknown "
      "one is an error. What is told with \"Applies to\" is a preference: sluicectl(1) changes it "
      "while the gateway runs, and what was changed so takes precedence over the file.");
  page.Example(
      "[server]\nlisten = [\"*:445\"]\n\n[[share]]\nname = \"files\"\npath = \"/srv/files\"");
  for (const std::string& section : Sections()) {
    page.Section(section == "share" ? "[[share]]" : absl::StrCat("[", section, "]"));
    if (section == "share") page.Paragraph("Once for each share.");
    for (const config::FileKey& key : config::FileKeys()) {
      if (key.section != section) continue;
      AddKey(page, key.key, key.type,
             key.default_value.empty() ? "" : absl::StrCat(" Default: ", key.default_value),
             key.help);
    }
    for (const config::PreferenceRow& row : config::PreferenceTable()) {
      if (InSection(row, section)) AddPreference(page, row);
    }
  }
  page.Section("SEE ALSO");
  page.Paragraph("sluiced(8), sluicectl(1)");
  return page.Take();
}

}  // namespace sluice::manual
