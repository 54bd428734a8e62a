// SPDX-License-Identifier: MIT
// A Prometheus server of one's own, which scrapes one program and evaluates our rules.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <httplib.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "support/child.hpp"

namespace parking_lot::test {

/// A directory that goes away with this.
class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "prometheus.XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error{errno, std::system_category(), name};
        path_ = name;
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
        return path_ / name;
    }

  private:
    std::filesystem::path path_;
};

/// A port of 127.0.0.1 that was free a moment ago.
inline int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket, any, size) != 0 || ::getsockname(socket, any, &size) != 0)
        throw std::system_error{errno, std::system_category(), "free_port"};
    ::close(socket);
    return ntohs(address.sin_port);
}

/// A program that runs beside this one, and no longer than it. Its output goes to a file.
class Process {
  public:
    Process(std::vector<std::string> command, const std::filesystem::path& output)
        : id_{start_child([&]() {
              std::vector<char*> arguments;
              for (std::string& word : command) arguments.push_back(word.data());
              arguments.push_back(nullptr);
              const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
              ::dup2(file, STDOUT_FILENO);
              ::dup2(file, STDERR_FILENO);
              return ::execvp(arguments.front(), arguments.data());
          })} {}
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() {
        if (!runs()) return;
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }

    [[nodiscard]] bool runs() {
        if (id_ > 0 && ::waitpid(id_, nullptr, WNOHANG) == id_) id_ = 0;
        return id_ > 0;
    }

  private:
    pid_t id_;
};

/// One element of the answer to a query.
struct Sample {
    std::map<std::string, std::string> labels;
    double value;
};

/// Prometheus, with a scrape and an evaluation of the rules every second.
class PrometheusServer {
  public:
    using Parameters = httplib::Params;

    /// Returns when it answers. `target` is host:port; it becomes the job "app".
    PrometheusServer(const std::string& target, const std::vector<std::string>& rule_files) {
        const auto config = directory_ / "prometheus.yml";
        std::ofstream out{config};
        out << "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files:\n";
        for (const std::string& file : rule_files) out << "  - " << file << "\n";
        out << "scrape_configs:\n  - job_name: app\n    static_configs: [{targets: ['" << target
            << "']}]\n";
        out.close();
        while (!start(config.string())) {
            if (log().find("address already in use") == std::string::npos)
                throw std::runtime_error{"prometheus does not start:\n" + log()};
        }
    }

    /// What the API answers; throws unless it is a success.
    [[nodiscard]] nlohmann::json get(const std::string& path, const Parameters& parameters = {}) {
        httplib::Client client{"127.0.0.1", port_};
        client.set_read_timeout(60, 0);
        const auto response = client.Get(path, parameters, httplib::Headers{});
        if (!response)
            throw std::runtime_error{path + ": " + httplib::to_string(response.error()) + "\n" +
                                     log()};
        auto answer = nlohmann::json::parse(response->body);
        if (answer.at("status") != "success")
            throw std::runtime_error{path + ": " + response->body};
        return answer.at("data");
    }

    /// The answer to an instant query, at a time in seconds since 1970.
    [[nodiscard]] std::vector<Sample> query(const std::string& expression, double time) {
        const auto data = get("/api/v1/query", {{"query", expression}, {"time", text(time)}});
        std::vector<Sample> samples;
        for (const auto& element : data.at("result")) {
            samples.push_back({element.at("metric").get<std::map<std::string, std::string>>(),
                               std::stod(element.at("value").at(1).get<std::string>())});
        }
        return samples;
    }

    /// Now, in the seconds of Prometheus.
    [[nodiscard]] static double now() {
        return std::chrono::duration<double>{std::chrono::system_clock::now().time_since_epoch()}
            .count();
    }

    /// Returns the time of a scrape that began after this call.
    double wait_for_scrape() {
        const double called = now() + 0.01;  // Prometheus may move a time by two milliseconds
        for (;;) {
            const auto scraped = query("max(timestamp(parking_lot_locks))", now());
            if (!scraped.empty() && scraped.front().value > called) return scraped.front().value;
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
        }
    }

  private:
    bool start(const std::string& config) {
        port_ = free_port();
        process_.emplace(
            std::vector<std::string>{"prometheus", "--config.file=" + config,
                                     "--storage.tsdb.path=" + (directory_ / "data").string(),
                                     "--web.listen-address=127.0.0.1:" + std::to_string(port_)},
            directory_ / "log");
        while (process_->runs()) {
            const auto response = httplib::Client{"127.0.0.1", port_}.Get("/-/ready");
            if (response && response->status == 200) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        return false;
    }

    [[nodiscard]] std::string log() const {
        std::ostringstream text;
        text << std::ifstream{directory_ / "log"}.rdbuf();
        return text.str();
    }

    static std::string text(double number) {
        std::ostringstream out;
        out << std::fixed << number;
        return out.str();
    }

    TemporaryDirectory directory_;
    int port_ = 0;
    std::optional<Process> process_;  // ends before its directory goes away
};

}  // namespace parking_lot::test
