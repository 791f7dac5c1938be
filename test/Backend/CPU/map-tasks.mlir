// RUN: attune-opt %s -cpu-map-tasks | FileCheck %s

module {
  func.func @main() { return }
  module @kernels {
    // CHECK-LABEL: func.func @rows
    // CHECK-SAME: %[[N:.*]]: index, %[[BEGIN:.*]]: index, %[[END:.*]]: index)
    // CHECK: scf.for %[[T:.*]] = %[[BEGIN]] to %[[END]] step
    // CHECK-DAG: arith.remui %[[T]], %[[INNER:.*]]
    // CHECK-DAG: arith.divui %[[T]], %[[INNER]]
    // CHECK: memref.store
    func.func @rows(%o: memref<?x4xf32>, %n: index) attributes {exec.words = ["n"]} {
      %c = arith.constant 1.0 : f32
      scf.forall (%i, %j) in (%n, 4) {
        memref.store %c, %o[%i, %j] : memref<?x4xf32>
      }
      return
    }
    // CHECK-LABEL: func.func @rows_grid
    // CHECK-SAME: (%[[W:.*]]: index) -> index
    // CHECK: %[[P:.*]] = arith.muli %{{.*}}, %{{.*}}
    // CHECK: return

    // Without tasks of its own a kernel is one task, which runs once.
    // CHECK-LABEL: func.func @whole
    // CHECK: %[[SOME:.*]] = arith.cmpi slt
    // CHECK: scf.if %[[SOME]]
    // CHECK: memref.store
    // CHECK: }
    // CHECK-LABEL: func.func @whole_grid
    // CHECK: %[[ONE:.*]] = arith.constant 1 : index
    // CHECK: return %[[ONE]]
    func.func @whole(%o: memref<f32>) attributes {exec.words = []} {
      %c = arith.constant 1.0 : f32
      memref.store %c, %o[] : memref<f32>
      return
    }
  }
}
