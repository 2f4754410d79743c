#include "tools/manual/completion.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace sluice::manual {
namespace {

// Calls `f(path, command)` for the program, whose path is "", and every command below it.
void ForEach(const CommandLine& command, const std::string& path,
             const std::function<void(const std::string&, const CommandLine&)>& f) {
  f(path, command);
  for (const CommandLine& below : command.commands) {
    ForEach(below, path.empty() ? below.name : absl::StrCat(path, " ", below.name), f);
  }
}

// In single quotes, for any of the shells.
std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// Of the program and of the command: the program's are valid everywhere.
std::vector<const Option*> OptionsFor(const CommandLine& program, const CommandLine& command) {
  std::vector<const Option*> options;
  for (const Option& option : command.options) {
    if (!option.positional) options.push_back(&option);
  }
  for (const Option& option : program.options) {
    if (&program == &command || option.positional || option.name == "--help") continue;
    options.push_back(&option);
  }
  return options;
}

// The options that take a value, once each.
std::vector<std::string> ValuedOptions(const CommandLine& program) {
  std::vector<std::string> names;
  ForEach(program, "", [&names](const std::string&, const CommandLine& command) {
    for (const Option& option : command.options) {
      if (option.positional || option.placeholder.empty()) continue;
      if (std::find(names.begin(), names.end(), option.name) == names.end()) {
        names.push_back(option.name);
      }
    }
  });
  return names;
}

// The cases of a shell's "$at $word": a word that is a command below `path` makes it longer.
std::string PathCases(const CommandLine& program) {
  std::string cases;
  ForEach(program, "", [&cases](const std::string& path, const CommandLine& command) {
    for (const CommandLine& below : command.commands) {
      absl::StrAppend(&cases, "      ", Quoted(absl::StrCat(path, " ", below.name)), ") at=",
                      Quoted(path.empty() ? below.name : absl::StrCat(path, " ", below.name)),
                      " ;;\n");
    }
  });
  return cases;
}

std::vector<std::string> Names(const std::vector<CommandLine>& commands) {
  std::vector<std::string> names;
  for (const CommandLine& command : commands) names.push_back(command.name);
  return names;
}

}  // namespace

std::string BashCompletion(const CommandLine& program) {
  std::string script = absl::StrCat("# bash completion of ", program.name, "\n_", program.name,
                                    "() {\n"
                                    "  local current=${COMP_WORDS[COMP_CWORD]} at= word i\n"
                                    "  COMPREPLY=()\n"
                                    "  case ${COMP_WORDS[COMP_CWORD-1]} in\n    ",
                                    absl::StrJoin(ValuedOptions(program), "|"),
                                    ")\n"
                                    "      COMPREPLY=($(compgen -f -- \"$current\"))\n"
                                    "      return ;;\n"
                                    "  esac\n"
                                    "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                                    "    word=${COMP_WORDS[i]}\n"
                                    "    case \"$at $word\" in\n");
  absl::StrAppend(&script, PathCases(program), "    esac\n  done\n  case $at in\n");
  ForEach(program, "", [&](const std::string& path, const CommandLine& command) {
    std::vector<std::string> words = Names(command.commands);
    for (const Option* option : OptionsFor(program, command)) words.push_back(option->name);
    absl::StrAppend(&script, "    ", Quoted(path), ") COMPREPLY=($(compgen -W ",
                    Quoted(absl::StrJoin(words, " ")), " -- \"$current\")) ;;\n");
  });
  absl::StrAppend(&script, "  esac\n}\ncomplete -o default -F _", program.name, " ", program.name,
                  "\n");
  return script;
}

std::string ZshCompletion(const CommandLine& program) {
  std::string script = absl::StrCat("#compdef ", program.name, "\n_", program.name,
                                    "() {\n"
                                    "  local at= word i\n"
                                    "  local -a commands options\n"
                                    "  for ((i = 2; i < CURRENT; i++)); do\n"
                                    "    word=${words[i]}\n"
                                    "    case \"$at $word\" in\n");
  absl::StrAppend(
      &script, PathCases(program), "    esac\n  done\n  case ${words[CURRENT-1]} in\n    ",
      absl::StrJoin(ValuedOptions(program), "|"), ") _files; return ;;\n  esac\n  case $at in\n");
  // In what _describe takes, a colon ends the name.
  const auto described = [](const std::string& name, const std::string& help) {
    return Quoted(absl::StrCat(absl::StrReplaceAll(name, {{":", "\\:"}}), ":", help));
  };
  ForEach(program, "", [&](const std::string& path, const CommandLine& command) {
    absl::StrAppend(&script, "    ", Quoted(path), ")\n      commands=(");
    for (const CommandLine& below : command.commands) {
      absl::StrAppend(&script, described(below.name, below.help), " ");
    }
    absl::StrAppend(&script, ")\n      options=(");
    for (const Option* option : OptionsFor(program, command)) {
      absl::StrAppend(&script, described(option->name, option->help), " ");
    }
    absl::StrAppend(&script, ") ;;\n");
  });
  absl::StrAppend(&script,
                  "  esac\n"
                  "  (( $#commands )) && _describe command commands\n"
                  "  [[ $PREFIX == -* || $#commands -eq 0 ]] && _describe option options\n"
                  "}\n_",
                  program.name, " \"$@\"\n");
  return script;
}

std::string FishCompletion(const CommandLine& program) {
  std::string script = absl::StrCat("# fish completion of ", program.name, "\n");
  const std::string complete = absl::StrCat("complete -c ", program.name);
  // Whether the words so far are exactly these commands, whatever options stand between with
  // their values.
  absl::StrAppend(&script, "function __", program.name,
                  "_at\n"
                  "  set -l words\n"
                  "  set -l before\n"
                  "  for word in (commandline -opc)[2..-1]\n"
                  "    if not string match -q -- '-*' $word; and not contains -- \"$before\" ",
                  absl::StrJoin(ValuedOptions(program), " "),
                  "\n"
                  "      set -a words $word\n"
                  "    end\n"
                  "    set before $word\n"
                  "  end\n"
                  "  test \"$words\" = \"$argv\"\n"
                  "end\n",
                  complete, " -f\n");
  ForEach(program, "", [&](const std::string& path, const CommandLine& command) {
    const std::string here =
        absl::StrCat(complete, " -n ", Quoted(absl::StrCat("__", program.name, "_at ", path)));
    for (const CommandLine& below : command.commands) {
      absl::StrAppend(&script, here, " -a ", below.name, " -d ", Quoted(below.help), "\n");
    }
    for (const Option* option : OptionsFor(program, command)) {
      absl::StrAppend(&script, here, " -l ", option->name.substr(2),
                      option->placeholder.empty() ? "" : " -r -F", " -d ", Quoted(option->help),
                      "\n");
    }
  });
  return script;
}

}  // namespace sluice::manual
