#include "tools/manual/command_line.h"

#include <CLI/CLI.hpp>
#include <cctype>

namespace sluice::manual {
namespace {

Option ReadOption(const CLI::Option& from) {
  Option option;
  option.positional = from.get_positional();
  option.name = option.positional ? from.get_name(true) : "--" + from.get_lnames().front();
  option.help = from.get_description();
  option.default_value = from.get_default_str();
  option.required = from.get_required();
  option.repeated = from.get_expected_max() > 1;
  const std::string form = from.get_type_name();
  if (!option.positional && form.find('=') != std::string::npos) {
    option.placeholder = form;  // KEY=VALUE
  } else if (!option.positional && from.get_expected_max() > 0) {
    const std::string& name = from.get_lnames().front();
    for (const char c : name) {
      option.placeholder += c == '-' ? '_' : static_cast<char>(std::toupper(c));
    }
  }
  return option;
}

}  // namespace

CommandLine ReadCommandLine(const CLI::App& app) {
  CommandLine line;
  line.name = app.get_name();
  line.help = app.get_description();
  line.footer = app.get_footer();
  const auto shown = [](const CLI::Option* option) {
    return option->get_positional() || !option->get_lnames().empty();
  };
  for (const CLI::Option* option : app.get_options(shown)) {
    line.options.push_back(ReadOption(*option));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    line.commands.push_back(ReadCommandLine(*command));
  }
  return line;
}

}  // namespace sluice::manual
