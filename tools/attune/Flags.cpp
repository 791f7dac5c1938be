// The shared flags, with their ranges.
#include "Flags.h"

#include <charconv>

using namespace attune;
using namespace attune::cli;

void cli::addCommonFlags(CLI::App *verb, Cli &cli) {
  verb->add_flag("--json", cli.json, "Print one JSON object on standard output");
  verb->add_flag("-q,--quiet", cli.quiet, "Print errors only");
  verb->add_flag("-v,--verbose", cli.verbose, "Say more on standard error");
}

void cli::addLimitFlags(CLI::App *verb, driver::ModelSource &source) {
  auto add = [&](const char *flag, const char *description, auto &value) {
    verb->add_option(flag, value, description)->group("Limits")->capture_default_str();
  };
  frontend::Limits &limits = source.import.limits;
  add("--limit-file-bytes", "Largest file of a model", limits.fileBytes);
  add("--limit-skeleton-bytes", "Largest graph without its tensors", limits.skeletonBytes);
  add("--limit-constant-bytes", "Tensors kept in memory", limits.constantBytes);
  add("--limit-nodes", "Most operators", limits.nodes);
  add("--limit-tensors", "Most tensors", limits.tensors);
  add("--limit-records", "Most messages and names", limits.records);
  add("--limit-depth", "Deepest nesting of a model file", limits.depth);
  add("--limit-rank", "Most dimensions of a tensor", limits.rank);
  add("--limit-seconds", "Longest compilation", source.limits.seconds);
  verb->add_option_function<uint64_t>(
          "--limit-memory", [&source](uint64_t mib) { source.limits.memoryBytes = mib << 20; },
          "Memory of a compilation in MiB (default: three quarters of the machine's)")
      ->group("Limits")
      ->check(CLI::Range(uint64_t(1), uint64_t(1) << 30));
  verb->add_option_function<uint64_t>(
          "--limit-stack", [&source](uint64_t mib) { source.limits.stackBytes = mib << 20; },
          "Stack of a compilation in MiB (default: 256)")
      ->group("Limits")
      ->check(CLI::Range(uint64_t(1), uint64_t(4096)));
}

void cli::addModelFlags(CLI::App *verb, driver::ModelSource &source,
                        const std::string &description) {
  verb->add_option("MODEL", source.path, description)->required();
  addLimitFlags(verb, source);
}

void cli::addPipelineFlags(CLI::App *verb, PipelineOptions &pipeline) {
  verb->add_option("--cpu", pipeline.cpu, "CPU to compile for: native or a level such as x86-64-v3")
      ->capture_default_str();
}

void cli::addGraphFlags(CLI::App *verb, PipelineOptions &pipeline) {
  verb->add_option("--dim", pipeline.dims,
                   "NAME=VALUE fixes a symbol, NAME=LO..HI bounds it; repeatable")
      ->expected(1)
      ->take_all();
  verb->add_option("--passes", pipeline.extraPasses,
                   "A pipeline of passes to run on the graph form; repeatable")
      ->expected(1)
      ->take_all();
  addPluginFlag(verb, pipeline.passPlugins);
}

void cli::addPluginFlag(CLI::App *verb, std::vector<std::string> &plugins) {
  verb->add_option("--load-pass-plugin", plugins, "A shared object with passes")
      ->expected(1)
      ->take_all();
}

void cli::addLoadFlags(CLI::App *verb, driver::LoadOptions &load) {
  verb->add_option("--target", load.target, "Where to run: cpu")->capture_default_str();
  verb->add_option("--threads", load.threads, "Threads (default: physical cores)")
      ->check(CLI::Range(1u, 1024u));
  addPipelineFlags(verb, load.pipeline);
}

void cli::addInputFlags(CLI::App *verb, InputFlags &flags) {
  verb->add_option("--input", flags.inputs, "NAME=FILE, an .npy or .pb file; repeatable")
      ->expected(1)
      ->take_all();
  verb->add_option("--dim", flags.dims, "NAME=VALUE, the size of a symbol; repeatable")
      ->expected(1)
      ->take_all();
  verb->add_option("--random", flags.seed, "Make up inputs that are not given, from this seed");
}

Error cli::readInputFlags(const InputFlags &flags, driver::InputOptions &options) {
  options.dims = flags.dims;
  options.seed = flags.seed;
  for (const std::string &flag : flags.inputs) {
    std::pair<std::string, std::string> input;
    if (Error error = driver::parseInputFlag(flag, input); error.failed())
      return error;
    options.files.push_back(std::move(input));
  }
  for (const std::string &flag : flags.dims) {
    std::string name;
    int64_t value;
    if (Error error = driver::parseDimFlag(flag, name, value); error.failed())
      return error;
  }
  return {};
}

Error cli::checkDimRanges(const std::vector<std::string> &dims) {
  for (const std::string &flag : dims) {
    size_t equals = flag.rfind('='), dots = flag.find("..", equals);
    bool ok = equals != std::string::npos && equals > 0;
    auto number = [&](size_t begin, size_t end, int64_t &value) {
      auto [stop, status] = std::from_chars(flag.data() + begin, flag.data() + end, value);
      ok &= status == std::errc() && stop == flag.data() + end && value >= 0;
    };
    int64_t low = 0, high = 0;
    if (ok && dots == std::string::npos) {
      number(equals + 1, flag.size(), low);
      high = low;
    } else if (ok) {
      number(equals + 1, dots, low);
      number(dots + 2, flag.size(), high);
    }
    if (!ok || low > high)
      return {ErrorCode::Usage, "--dim " + flag + " is neither NAME=VALUE nor NAME=LO..HI", "", "",
              ""};
  }
  return {};
}
