import argparse
def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("recover")
    command.set_defaults(run=lambda options: 2)
