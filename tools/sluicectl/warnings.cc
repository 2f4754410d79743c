#include "tools/sluicectl/warnings.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "server/base/printable.h"

namespace sluice::sluicectl {

Render WithWarnings(Render render) {
  return [render = std::move(render)](const nlohmann::json& result) {
    for (const nlohmann::json& warning : result.value("warnings", nlohmann::json::array())) {
      std::cerr << "warning: " << base::Printable(warning.get_ref<const std::string&>()) << "\n";
    }
    return render(result);
  };
}

}  // namespace sluice::sluicectl
