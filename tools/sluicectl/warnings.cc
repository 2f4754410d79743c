#include "tools/sluicectl/warnings.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

namespace sluice::sluicectl {

Render WithWarnings(Render render) {
  return [render = std::move(render)](const nlohmann::json& result) {
    for (const nlohmann::json& warning : result.value("warnings", nlohmann::json::array())) {
      std::cerr << "warning: " << warning.get<std::string>() << "\n";
    }
    return render(result);
  };
}

}  // namespace sluice::sluicectl
