// What the tests of the border share: values that count themselves, and a thread that acts after a while.

import Glibc

@testable import LuaHost

/// How many counted values are alive and how many have died.
final class Census {
  var alive = 0
  var deaths = 0
}

final class Counted {
  let census: Census
  let id: Int

  init(_ census: Census, id: Int = 0) {
    self.census = census
    self.id = id
    census.alive += 1
  }

  deinit {
    census.alive -= 1
    census.deaths += 1
  }
}

struct TestFailure: Error, Equatable, CustomStringConvertible {
  var description: String
}

private final class Action {
  let milliseconds: UInt32
  let body: @Sendable () -> Void

  init(_ milliseconds: UInt32, _ body: @escaping @Sendable () -> Void) {
    self.milliseconds = milliseconds
    self.body = body
  }
}

/// A thread of its own: the tests themselves may keep every thread of the concurrency pool busy.
final class Delayed {
  private var thread = pthread_t()

  init(milliseconds: UInt32, _ body: @escaping @Sendable () -> Void) {
    let action = Unmanaged.passRetained(Action(milliseconds, body)).toOpaque()
    pthread_create(
      &thread, nil,
      { context in
        let action = Unmanaged<Action>.fromOpaque(context!).takeRetainedValue()
        usleep(action.milliseconds * 1000)
        action.body()
        return nil
      }, action)
  }

  func join() { pthread_join(thread, nil) }
}

/// The error a closure of Lua calls throws.
func failure(_ body: () throws -> Void) -> LuaError? {
  do {
    try body()
    return nil
  } catch {
    return error as? LuaError ?? LuaError("not a LuaError: \(error)")
  }
}
